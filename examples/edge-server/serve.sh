#!/usr/bin/env bash
# What `make serve` does: run edge-server on a store and with credentials made for trying out.
#
#   examples/edge-server/serve.sh EDGE-SERVER DIRECTORY [option...]
set -eu

server=$1
home=$2
shift 2
listen=${KV_LISTEN:-127.0.0.1:8787}

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

cat <<EOF

  Console    http://$listen/console/
             access key ID      demo
             access key secret  $secret
  SDKs       endpoint $listen, protocol http, the same access key
  Shell      export EDGE_ENDPOINT=$listen EDGE_KEY=demo EDGE_SECRET=$secret
             examples/edge-server/call.sh PutDcdnKvNamespace --form Namespace=site
             examples/edge-server/call.sh PutDcdnKv Namespace=site Key=hello --form Value=world
             examples/edge-server/call.sh GetDcdnKv Namespace=site Key=hello
  Store      $home/store, credentials in $keys
  Metrics    http://127.0.0.1:9787/metrics

EOF
exec "$server" --store "$home/store" --credentials "$keys" --upload-dir "$home/uploads" \
    --listen "$listen" --metrics 127.0.0.1:9787 "$@"
