-- wrk: unsigned gets of random keys.
local n = 100000
math.randomseed(os.time())
request = function()
    return wrk.format("GET", string.format("/?Key=k%07d&Namespace=load", math.random(0, n - 1)))
end
wrk.headers["x-acs-action"] = "GetDcdnKv"
wrk.headers["x-acs-version"] = "2018-01-15"
