#!/bin/bash
# Takes Bookinfo out of a namespace (NAMESPACE, or the current one): its rules first, then its services and workloads.
here=$(dirname "$0")
in_namespace=()
if [ -n "$NAMESPACE" ]; then in_namespace=(-n "$NAMESPACE"); fi

for kind in virtualservices destinationrules gateways.networking.istio.io; do
  kubectl delete "${in_namespace[@]}" --ignore-not-found "$kind" productpage details reviews ratings bookinfo bookinfo-gateway
done
kubectl delete "${in_namespace[@]}" --ignore-not-found -f "$here/bookinfo.yaml"
