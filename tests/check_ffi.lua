-- What a binding does, without a line of C: run by check_ffi.sh with the preprocessed kv.h, the
-- shared library, the list of its functions and a path for a store.
local ffi = require('ffi')
local C = ffi.C
local header, library, map, path = arg[1], arg[2], arg[3], arg[4]

local function text_of(name)
    local file = assert(io.open(name))
    local text = file:read('*a')
    file:close()
    return text
end

ffi.cdef(text_of(header))
local kv = ffi.load(library)

-- Every exported function is declared, and found.
local count = 0
for name in text_of(map):gmatch('(kv_[%w_]+);') do
    assert(kv[name], name)
    count = count + 1
end
assert(count > 40, 'libkv.map lists functions')

local function check(status, what)
    if status ~= C.KV_OK then
        error(('%s: %s'):format(what, ffi.string(kv.kv_status_name(status))), 2)
    end
end

-- A struct that grows is begun by its function.
local function begin(type)
    local struct = ffi.new(type)
    check(kv[type .. '_init'](struct, ffi.sizeof(type)), type .. '_init')
    assert(struct.size == ffi.sizeof(type))
    return struct
end
for _, type in ipairs {
    'kv_error', 'kv_options', 'kv_settings', 'kv_namespace_info', 'kv_list_options',
    'kv_write_options', 'kv_report', 'kv_work', 'kv_changes_filter', 'kv_stats',
} do
    begin(type)
end

local options, settings, failure = begin('kv_options'), begin('kv_settings'), begin('kv_error')
local db_out, snapshot_out = ffi.new('kv_db *[1]'), ffi.new('kv_snapshot *[1]')
assert(kv.kv_open(path, options, settings, db_out, failure) == C.KV_NOT_FOUND)
assert(ffi.string(failure.message):find(path, 1, true))
options.flags = C.KV_CREATE
check(kv.kv_open(path, options, settings, db_out, failure), 'open')
local db = db_out[0]

local function snapshot()
    check(kv.kv_snapshot_begin(db, snapshot_out), 'snapshot')
    return snapshot_out[0]
end

local ns = ffi.new('kv_ns[1]')
check(kv.kv_namespace_create(db, 'main', 4, ns), 'namespace')
local view = snapshot()
local position = ffi.new('kv_position[1]')
check(kv.kv_snapshot_info(view, position, nil), 'info')
kv.kv_snapshot_end(view)

-- An array item is zeroed, not begun. Lua keeps the strings alive until the call returns.
local op, verdict = ffi.new('kv_op'), ffi.new('kv_verdict')
local function put(key, value)
    op.key, op.key_size, op.value, op.value_size = ffi.cast('const char *', key), #key,
        ffi.cast('const char *', value), #value
    check(kv.kv_put(db, ns[0], op, verdict), 'put')
    assert(bit.band(verdict.flags, C.KV_CREATED) ~= 0)
end
put('greeting', 'hello')
put('other', ('x'):rep(100000))

view = snapshot()
local buf, slice = ffi.new('kv_buf'), ffi.new('kv_slice')
local function get(key)
    local status = kv.kv_get(view, ns[0], key, #key, buf, slice)
    if status == C.KV_NOT_FOUND then
        return nil
    end
    check(status, 'get')
    return ffi.string(slice.data, slice.size)
end
assert(get('greeting') == 'hello')
assert(get('other') == ('x'):rep(100000))
assert(get('missing') == nil)

local filter = begin('kv_changes_filter')
local prefix = 'gree'
filter.ns = ns[0]
filter.prefix.data, filter.prefix.size = ffi.cast('const char *', prefix), #prefix
local changes, some, looked = ffi.new('kv_change[8]'), ffi.new('size_t[1]'), ffi.new('uint64_t[1]')
check(kv.kv_changes_select(view, filter, position[0], buf, changes, 8, some, looked), 'changes')
assert(some[0] == 1 and looked[0] == position[0].sequence + 2)
assert(ffi.string(changes[0].key.data, changes[0].key.size) == 'greeting')

check(kv.kv_settings_get(view, settings), 'settings')
assert(settings.changes_bytes_max > 0 and settings.flags == 0)
kv.kv_snapshot_end(view)
kv.kv_buf_free(buf)
kv.kv_wake(db)
kv.kv_close(db)
