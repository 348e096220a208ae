#!/bin/sh
# Makes an authority of our own, and certificates for servers and a client that it vouches for, in the folder certs.
set -eu
mkdir -p certs
cd certs
curve='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 365'
openssl req -x509 $curve -subj '/O=example Inc./CN=example.com' -keyout ca.key -out ca.crt 2>/dev/null
for name in httpbin nginx client; do
  openssl req -x509 $curve -CA ca.crt -CAkey ca.key -subj "/O=example Inc./CN=$name.example.com" \
    -addext "subjectAltName=DNS:$name.example.com" -addext 'basicConstraints=critical,CA:FALSE' \
    -keyout "$name.key" -out "$name.crt" 2>/dev/null
done
ls
