/** The network part of a probe or hook. */
import type { Probe } from 'kubernetes-types/core/v1.js'

export type ProbeHandler = Pick<Probe, 'httpGet' | 'tcpSocket' | 'grpc' | 'timeoutSeconds'>
