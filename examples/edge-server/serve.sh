#!/usr/bin/env bash
# What `make serve` does: run edge-server on a store and with credentials made for trying out.
#
#   examples/edge-server/serve.sh EDGE-SERVER DIRECTORY LISTEN METRICS [option...]
#
# LISTEN and METRICS are HOST:PORT, port 0 any free one; METRICS empty: no metrics. The server itself
# prints where it serves, once it does.
set -eu

server=$1
home=$2
listen=$3
metrics=$4
shift 4

mkdir -p "$home"
keys=$home/credentials.json
if [ ! -s "$keys" ]; then
    secret=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
    (
        umask 077
        cat >"$keys" <<EOF
{"Credentials": [
  {"AccessKeyId": "demo", "AccessKeySecret": "$secret",
   "Policy": {"Version": "1", "Statement": [
     {"Effect": "Allow", "Action": ["dcdn:*", "esa:*", "kv:*"], "Resource": "*"}]}}
]}
EOF
    )
fi
secret=$(sed -n 's/.*"AccessKeySecret": "\([^"]*\)".*/\1/p' "$keys")

# Clients are told to upload to the address, which the SDKs take apart at a dot.
uploads=(--upload-dir "$home/uploads")
where="in $home/uploads"
case $listen in
0.0.0.0:* | *]:*)
    uploads=()
    where='none: they take one IPv4 address to listen at'
    ;;
esac

cat <<EOF

  Store      $home/store, credentials in $keys
  Access     key ID demo, key secret $secret
  Uploads    $where

  Once the address is printed below: the console is for a browser; SDKs take the address as their
  endpoint, protocol http, and the access key; a shell

    export EDGE_ENDPOINT=ADDRESS EDGE_KEY=demo EDGE_SECRET=$secret
    examples/edge-server/call.sh PutDcdnKvNamespace --form Namespace=site
    examples/edge-server/call.sh PutDcdnKv Namespace=site Key=hello --form Value=world
    examples/edge-server/call.sh GetDcdnKv Namespace=site Key=hello

EOF
exec "$server" --store "$home/store" --credentials "$keys" "${uploads[@]}" --listen "$listen" \
    ${metrics:+--metrics "$metrics"} "$@"
