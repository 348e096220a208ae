/**
 * The toolbox: the pod whose shell is the learner's terminal. It has no sidecar, a home that survives a restarted
 * container, the samples in it, and the learner's ServiceAccount.
 */
import { createHash } from 'node:crypto'
import type { KubeObject } from '../kube-client/objects.ts'
import { BASHRC } from '../terminals/shell-integration.ts'
import { MANAGED_BY, SERVICE_ACCOUNT } from './namespace-objects.ts'
import type { SampleVolume } from './samples.ts'

export const TOOLBOX = 'toolbox'
export const DEFAULT_TOOLBOX_IMAGE = 'meshdojo/toolbox'
export const RC_FILE = '/etc/meshdojo/shell/bashrc'
const HOME = '/home/learner'
const SHELL_CONFIG_MAP = 'toolbox-shell'

export const shellConfigMap = (namespace: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: SHELL_CONFIG_MAP, namespace, labels: { ...MANAGED_BY } },
  data: { bashrc: BASHRC },
})

/** The mark file tells the shell's rc file that the samples are there, and keeps edited samples over a restart. */
const START_SCRIPT = [
  'if [ ! -e "$HOME/.toolbox-ready" ]; then',
  '  for volume in /etc/meshdojo/samples-*; do',
  '    if [ -d "$volume/samples" ]; then cp -rL "$volume/samples" "$HOME/"; fi',
  '  done',
  '  : > "$HOME/.toolbox-ready"',
  'fi',
  'exec sleep infinity',
].join('\n')

/** What changed in the pod makes a new one necessary; kept in this annotation. */
export const SPEC_ANNOTATION = 'meshdojo.dev/spec'

export function toolboxPod(namespace: string, image: string, volumes: readonly SampleVolume[]): KubeObject {
  const spec = {
    serviceAccountName: SERVICE_ACCOUNT,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: TOOLBOX,
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', START_SCRIPT],
        workingDir: HOME,
        env: [{ name: 'HOME', value: HOME }],
        volumeMounts: [
          { name: 'home', mountPath: HOME },
          { name: 'shell', mountPath: '/etc/meshdojo/shell', readOnly: true },
          ...volumes.map(({ configMap }) => ({
            name: configMap,
            mountPath: `/etc/meshdojo/${configMap}`,
            readOnly: true,
          })),
        ],
      },
    ],
    volumes: [
      { name: 'home', emptyDir: {} },
      { name: 'shell', configMap: { name: SHELL_CONFIG_MAP } },
      ...volumes.map(({ configMap, items }) => ({ name: configMap, configMap: { name: configMap, items } })),
    ],
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: TOOLBOX,
      namespace,
      labels: { ...MANAGED_BY, app: TOOLBOX, 'sidecar.istio.io/inject': 'false' },
      annotations: {
        [SPEC_ANNOTATION]: createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16),
      },
    },
    spec,
  }
}
