/** Messages of the package coordination, v1: field numbers as Kubernetes publishes them, read by `table.ts`, which says how. */
export default `
*Lease: 1 metadata meta.ObjectMeta, 2 spec LeaseSpec
LeaseSpec: 1 holderIdentity string?, 2 leaseDurationSeconds int32?, 3 acquireTime MicroTime,
  4 renewTime MicroTime, 5 leaseTransitions int32?, 6 strategy string?, 7 preferredHolder string?
`
