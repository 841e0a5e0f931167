# A public header of this library, taken apart: comments, functions, types, enums, numbers. Read into
# variables that write_pages.awk uses. What is understood:
#
#   /** TEXT */                      before a function, a typedef or an enum
#   /**< TEXT */                     behind a member, an enumerator, a typedef or a #define
#   @param NAME[, NAME...]  TEXT     goes on in lines that are indented by more than two spaces
#   Threads: ...  Returns ...  Since N.N.      sections; Since comes last
#   /* ---- TITLE. TEXT */           a group of functions
#   - TEXT                           an item of a list
#
# An enum belongs to the page that its comment names first ("kv_options.mode", "Flags of kv_get_entry()").
# Plain awk: mawk and gawk read it alike.

# cut(n): the first n characters of `rest`, which loses them.
function cut(n,    piece) {
    piece = substr(rest, 1, n)
    rest = substr(rest, n + 1)
    return piece
}
function cut_space() { if (match(rest, /^[ \t\n]+/)) cut(RLENGTH) }
# A comment at the beginning of `rest`.
function cut_comment() { return cut(index(rest, "*/") + 1) }
# A preprocessor line with those that continue it.
function cut_directive(    line) {
    do line = line cut(index(rest, "\n"))
    while (line ~ /\\\n$/)
    return line
}
# cut_until(ends): up to and with the first character of `ends` outside brackets; "" for none.
function cut_until(ends,    piece, depth, c) {
    for (depth = 0; rest != "";) {
        if (substr(rest, 1, 2) == "/*") { piece = piece cut_comment(); continue }
        piece = piece (c = cut(1))
        if (index("({[", c)) depth++
        if (index(")}]", c)) depth--
        if (depth == 0 && index(ends, c)) break
    }
    return piece
}

function read_header(text,    doc, comment) {
    for (rest = text; cut_space() || rest != "";) {
        if (substr(rest, 1, 2) == "/*") {
            comment = cut_comment()
            if (comment ~ /^\/\* ---- /) begin_group(comment)
            else if (comment ~ /^\/\*\*</) doc_of[last_name] = comment
            else if (head == "") head = comment
            else doc = comment
        } else if (substr(rest, 1, 1) == "#") {
            read_directive(cut_directive())
            doc = ""
        } else if (match(rest, /^extern "C" \{|^\}/)) {
            cut(RLENGTH)
        } else {
            read_declaration(cut_until(";"), doc)
            doc = ""
        }
    }
}
function begin_group(comment) {
    comment = plain(comment)
    sub(/^---- /, "", comment)
    group_count++
    match(comment, /[.:\n]|$/)
    group_title[group_count] = substr(comment, 1, RSTART - 1)
    comment = substr(comment, RSTART + 1)
    sub(/^[ \n]+/, "", comment)
    group_text[group_count] = capital(comment)
}
# A number that has a name goes with its group.
function read_directive(line,    name) {
    if (!match(line, /^#define KV_[A-Z0-9_]+ /)) return
    name = substr(line, 9, RLENGTH - 9)
    line = substr(line, RLENGTH + 1)
    if (name ~ /_INIT$/) { has_init[name] = 1; return }
    if (line ~ /^__|^\\/ || group_count == 0) return
    constant[group_count, ++constants[group_count]] = name " " trim(without_comments(line))
    constant_doc[group_count, constants[group_count]] = plain(last_comment(line))
}
function read_declaration(text, doc,    name, body) {
    body = text
    text = one_line(without_comments(text))
    if (text ~ /^KV_API /) {
        sub(/^KV_API /, "", text)
        sub(/^KV_NODISCARD /, "", text)
        name = substr(text, 1, index(text, "(") - 1)
        sub(/.*[ *]/, "", name)
        add_page(name, "function", doc, text)
    } else if (text ~ /^enum /) {
        enum_text[++enum_count] = inside(body)
        enum_doc[enum_count] = doc
        enum_group[enum_count] = group_count
        name = text
        sub(/^enum */, "", name)
        sub(/ *\{.*/, "", name)
        enum_name[enum_count] = name
    } else if (text ~ /^typedef /) {
        name = text
        if (name ~ /^[^{]*\(\*/) { sub(/^[^(]*\(\*/, "", name); sub(/\).*/, "", name) }
        else { sub(/;$/, "", name); sub(/.*[ *}]/, "", name) }
        add_page(name, "type", doc, text)
        if (index(body, "{")) members[name] = inside(body)
    }
}
function add_page(name, what, doc, text) {
    last_name = name
    page[++page_count] = name
    kind[name] = what
    doc_of[name] = doc
    text_of[name] = text
    group_of[name] = group_count
}
# What is between the outermost braces.
function inside(text,    from) {
    from = index(text, "{")
    while (!match(text, /\}[^}]*$/)) return ""
    return substr(text, from + 1, RSTART - from - 1)
}
function give_enums(    i, name) {
    for (i = 1; i <= enum_count; i++) {
        name = plain(enum_doc[i])
        while (match(name, /kv_[a-z0-9_]+/) && !(substr(name, RSTART, RLENGTH) in kind))
            name = substr(name, RSTART + RLENGTH)
        name = match(name, /kv_[a-z0-9_]+/) ? substr(name, RSTART, RLENGTH) : enum_name[i]
        while (name != "" && !(name in kind)) # kv_status_code goes with kv_status.
            if (!sub(/_[^_]*$/, "", name)) name = ""
        enums_of[name] = enums_of[name] " " i
    }
}

# ---- Text

function trim(text) {
    sub(/^[ \t\n]+/, "", text)
    sub(/[ \t\n]+$/, "", text)
    return text
}
function one_line(text) {
    gsub(/[ \t\n]+/, " ", text)
    return trim(text)
}
function without_comments(text,    out, from) {
    while (from = index(text, "/*")) {
        out = out substr(text, 1, from - 1)
        text = substr(text, from)
        text = substr(text, index(text, "*/") + 2)
    }
    return out text
}
function last_comment(text,    from, comment) {
    while (from = index(text, "/*")) {
        text = substr(text, from)
        comment = substr(text, 1, index(text, "*/") + 1)
        text = substr(text, length(comment) + 1)
    }
    return comment
}
function capital(text) { return toupper(substr(text, 1, 1)) substr(text, 2) }
# The text of a comment, line by line, indented as behind its stars.
function plain(comment) {
    if (comment ~ /^\/\*\*</) comment = one_line(comment)
    sub(/^\/\*+<?[ \n]*/, "", comment)
    sub(/[ \t\n]*\*+\/$/, "", comment)
    sub(/^\* /, "", comment)
    gsub(/\n[ \t]*\* ?/, "\n", comment)
    return comment
}
function first_sentence(text) {
    text = one_line(text)
    if (match(text, /[^.]\. |\.$/)) text = substr(text, 1, RSTART - (substr(text, RSTART, 1) == "."))
    if (length(text) > 60 && match(text, /[:;] /)) text = substr(text, 1, RSTART - 1)
    if (text ~ /^[A-Z][a-z ]/) text = tolower(substr(text, 1, 1)) substr(text, 2)
    return text
}
# split_doc(name): the parts of a function's or a type's comment: said, threads, returns, since, and
# params of them param[n] with param_text[n].
function split_doc(name,    lines, n, i, is_param, line) {
    said = threads = returns = since = ""
    params = 0
    n = split(plain(doc_of[name]), lines, "\n")
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (line ~ /^@param /) {
            sub(/^@param +/, "", line)
            match(line, /  +|$/)
            param[++params] = substr(line, 1, RSTART - 1)
            param_text[params] = substr(line, RSTART)
            is_param = 1
        } else if (is_param && line ~ /^   /) {
            param_text[params] = param_text[params] " " line
        } else {
            if (is_param) line = "\n" line
            said = said line "\n"
            is_param = 0
        }
    }
    said = trim(said)
    if (match(said, /Since [0-9.]+\.$/)) {
        since = substr(said, RSTART + 6, RLENGTH - 7)
        said = trim(substr(said, 1, RSTART - 1))
    }
    # Up to the next section or, for Threads, the end of the paragraph.
    if (match(said, /(^|\n *|[.] )Returns /)) {
        returns = trim(substr(said, RSTART + index(substr(said, RSTART), "Returns") - 1))
        said = trim(substr(said, 1, RSTART + (substr(said, RSTART, 1) == ".")))
    }
    if (match(said, /(^|\n *|[.] )Threads: /)) {
        threads = trim(substr(said, RSTART + index(substr(said, RSTART), "Threads: ") + 8))
        said = trim(substr(said, 1, RSTART + (substr(said, RSTART, 1) == ".")))
    }
}
