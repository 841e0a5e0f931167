#!/usr/bin/env bash
# Call one operation with a V3 signature, by curl and openssl: what a client does, in a few lines.
#
#   call.sh OPERATION [QUERY_PARAMETER=VALUE...] [--form PARAMETER=VALUE...]
#
# EDGE_ENDPOINT is host:port, EDGE_KEY and EDGE_SECRET the access key; EDGE_VERSION the API version
# (2018-01-15). The answer goes to stdout.
set -eu
export LC_ALL=C

: "${EDGE_ENDPOINT:?is host:port}" "${EDGE_KEY:?is the access key ID}" "${EDGE_SECRET:?is its secret}"
[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d' >&2 && exit 64; }
action=$1
shift

encode() { # Only A-Z a-z 0-9 - _ . ~ stay bare.
    local text=$1 i byte
    for ((i = 0; i < ${#text}; i++)); do
        byte=${text:i:1}
        case $byte in
        [A-Za-z0-9._~-]) printf '%s' "$byte" ;;
        *) printf '%%%02X' "$(($(printf '%d' "'$byte") & 255))" ;;
        esac
    done
}
join() { # Sorted by name.
    printf '%s\n' "$@" | sort | paste -sd '&' -
}

query=() form=()
into=query
for argument; do
    if [ "$argument" = --form ]; then
        into=form
        continue
    fi
    declare -n target=$into
    target+=("$(encode "${argument%%=*}")=$(encode "${argument#*=}")")
done
query_text=$([ ${#query[@]} = 0 ] || join "${query[@]}")
body=$([ ${#form[@]} = 0 ] || join "${form[@]}")

method=GET
names='host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version'
hash=$(printf '%s' "$body" | openssl dgst -sha256 -r | cut -d' ' -f1)
headers=("host:$EDGE_ENDPOINT" "x-acs-action:$action" "x-acs-content-sha256:$hash"
    "x-acs-date:$(date -u +%Y-%m-%dT%H:%M:%SZ)" "x-acs-signature-nonce:$(openssl rand -hex 16)"
    "x-acs-version:${EDGE_VERSION:-2018-01-15}")
if [ -n "$body" ]; then
    method=POST
    headers=('content-type:application/x-www-form-urlencoded' "${headers[@]}")
    names="content-type;$names"
fi
canonical=$(printf '%s\n' "$method" / "$query_text" "${headers[@]}" '' "$names" "$hash")
to_sign=$(printf 'ACS3-HMAC-SHA256\n%s' "$(printf '%s' "$canonical" | openssl dgst -sha256 -r |
    cut -d' ' -f1)")
signature=$(printf '%s' "$to_sign" | openssl dgst -sha256 -hmac "$EDGE_SECRET" -r | cut -d' ' -f1)

arguments=(--silent --show-error --request "$method")
for header in "${headers[@]}"; do
    arguments+=(--header "${header%%:*}: ${header#*:}")
done
[ -z "$body" ] || arguments+=(--data-binary "$body")
curl "${arguments[@]}" \
    --header "Authorization: ACS3-HMAC-SHA256 Credential=$EDGE_KEY,SignedHeaders=$names,Signature=$signature" \
    "http://$EDGE_ENDPOINT/${query_text:+?$query_text}"
echo
