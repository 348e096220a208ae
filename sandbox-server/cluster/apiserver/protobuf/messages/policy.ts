/** Messages of the package policy, v1: field numbers as Kubernetes publishes them, read by `table.ts`, which says how. */
export default `
*Eviction: 1 metadata meta.ObjectMeta, 2 deleteOptions meta.DeleteOptions
`
