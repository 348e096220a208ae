/** The one node of an embedded cluster, as its kubelet would have registered it. */
import { totalmem } from 'node:os'
import type { NewObject } from './apiserver/api.ts'
import { rfc3339 } from './lifecycle.ts'

const KUBELET_VERSION = 'v1.35.4'
const MAX_PODS = 110

export function nodeObject(name: string, address: string, nowMs: number): NewObject {
  const time = rfc3339(nowMs)
  const resources = {
    cpu: '8',
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(MAX_PODS),
    'ephemeral-storage': '65536Mi',
    'hugepages-2Mi': '0',
  }
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  })
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': process.arch === 'arm64' ? 'arm64' : 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/control-plane': '',
      },
    },
    spec: { podCIDR: '10.244.0.0/16', podCIDRs: ['10.244.0.0/16'] },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      allocatable: resources,
      capacity: resources,
      conditions: [
        condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      nodeInfo: {
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        bootID: '',
        containerRuntimeVersion: 'meshdojo://0.1.0',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: KUBELET_VERSION,
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'Meshdojo embedded cluster',
        systemUUID: '',
      },
    },
  }
}
