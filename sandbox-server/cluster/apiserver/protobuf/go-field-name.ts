/** Names of Go's fields, which errors of its decoder carry. */

const INITIALISMS = /^(?:api|ip|uid|url|tls|tcp|http|ca|id|os|cpu|fs|gce|aws|iscsi|rbd|nfs|dns)(?![a-z])/

/** The Go field of a JSON name, e.g. `APIGroups` of `apiGroups`, `ClusterIP` of `clusterIP`. */
export const goFieldName = (name: string): string =>
  INITIALISMS.test(name)
    ? name.replace(INITIALISMS, found => found.toUpperCase())
    : name.charAt(0).toUpperCase() + name.slice(1)
