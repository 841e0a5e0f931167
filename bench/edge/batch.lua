-- wrk: unsigned batches of 100 random keys with 1,000 bytes each. The value is made once: to make it
-- anew in Lua would measure Lua.
local n, letters = 100000, {}
math.randomseed(os.time())
for i = 1, 1000 do letters[i] = string.char(math.random(97, 122)) end
local value = table.concat(letters)
request = function()
    local pairs_ = {}
    for i = 1, 100 do
        pairs_[i] = string.format("%%7B%%22Key%%22%%3A%%22k%07d%%22%%2C%%22Value%%22%%3A%%22%s%%22%%7D",
            math.random(0, n - 1), value)
    end
    return wrk.format("POST", "/?Namespace=load", nil,
        "KvList=%5B" .. table.concat(pairs_, "%2C") .. "%5D")
end
wrk.headers["x-acs-action"] = "BatchPutDcdnKv"
wrk.headers["x-acs-version"] = "2018-01-15"
wrk.headers["content-type"] = "application/x-www-form-urlencoded"
