/** Messages of the package autoscaling, v1: field numbers as Kubernetes publishes them, read by `table.ts`, which says how. */
export default `
*Scale: 1 metadata meta.ObjectMeta, 2 spec ScaleSpec, 3 status ScaleStatus
ScaleSpec: 1 replicas int32
ScaleStatus: 1 replicas int32!, 2 selector string
`
