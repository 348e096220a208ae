/** Names of Go's fields: errors of its protobuf decoder carry them. */

const INITIALISMS =
  /^(?:api|aws|ca|cidr|cpu|csi|dns|fc|fs|gce|gid|gmsa|grpc|http|id|ip|iqn|iscsi|json|nfs|os|qos|rbd|se|tcp|tls|tty|ttl|uid|url)(?![a-z])/

/** The Go field of a JSON name, e.g. `APIGroups` of `apiGroups`, `ClusterIP` of `clusterIP`. */
export const goFieldName = (name: string): string =>
  name === 'metadata'
    ? 'ObjectMeta'
    : INITIALISMS.test(name)
      ? name.replace(INITIALISMS, found => found.toUpperCase())
      : name.charAt(0).toUpperCase() + name.slice(1)
