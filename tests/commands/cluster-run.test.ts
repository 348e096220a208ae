import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const MESHDOJO = join(ROOT, 'bin', 'meshdojo')
const NOBODY = 65534
const folder = mkdtempSync(join(tmpdir(), 'meshdojo-run-'))
chmodSync(folder, 0o777)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

function meshdojo(args: readonly string[], uid?: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder }
    const child = spawn(MESHDOJO, [...args], { cwd: folder, env, uid, gid: uid })
    const ended: Ended = { status: null, stdout: '', stderr: '' }
    child.stdout.on('data', chunk => {
      ended.stdout += chunk
    })
    child.stderr.on('data', chunk => {
      ended.stderr += chunk
    })
    child.once('error', reject)
    child.once('close', status => resolve({ ...ended, status }))
  })
}

const SCRIPT = `
set -e
kubectl get namespaces -o name
kubectl get namespace default --show-labels --no-headers
kubectl get services -o name
kubectl -n istio-system rollout status deployment istiod istio-ingressgateway istio-egressgateway --timeout=30s
kubectl get nodes --no-headers
istioctl version --remote=false
kubectl label namespace default istio-injection=enabled
kubectl apply -f ${ROOT}/samples/bookinfo/platform/kube/bookinfo.yaml
kubectl wait --for=condition=available deployment --all --timeout=30s
kubectl exec deploy/ratings-v1 -c ratings -- curl -sS productpage:9080/productpage | grep -o '<title>.*</title>'
curl -sS -o /dev/null -w '%{http_code}\\n' http://productpage:9080/productpage
echo written > here.txt
sleep 300 &
exit 7
`

/** As root, and, where the test may change the user, as one without privileges. */
const USERS =
  process.getuid?.() === 0 ? [{ user: 'root' }, { user: 'nobody', uid: NOBODY }] : [{ user: 'this user' }]

test.each(USERS)(
  'a command has a fresh cluster, its exit status is its own and nothing is left, as $user',
  async ({ uid }) => {
    const ended = await meshdojo(['cluster', 'run', '--', 'bash', '-c', SCRIPT], uid)
    expect(ended.stderr).not.toMatch(/error/i)
    expect(ended.stdout.split('\n').slice(0, 5)).toEqual(
      ['default', 'istio-system', 'kube-node-lease', 'kube-public', 'kube-system'].map(
        name => `namespace/${name}`,
      ),
    )
    expect(ended.stdout).toMatch(/^default\s+Active\s+\S+\s+kubernetes.io\/metadata.name=default$/m)
    expect(ended.stdout).toMatch(/^service\/kubernetes$/m)
    expect(ended.stdout).toMatch(/^\S+\s+Ready\s/m)
    expect(ended.stdout).toContain('<title>Simple Bookstore App</title>')
    expect(ended.stdout).toMatch(/^200$/m)
    expect(ended.status).toBe(7)
    expect(readFileSync(join(folder, 'here.txt'), 'utf8')).toBe('written\n')
    rmSync(join(folder, 'here.txt'))
    expect(processesNaming('sleep 300')).toEqual([])
  },
  90_000,
)

/** Command lines of running processes with these words. */
function processesNaming(words: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map(name => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      } catch {
        // It ended between the listing and the reading.
        return ''
      }
    })
    .filter(line => line === words)
}

test('the kubeconfig names the namespace that was asked for', async () => {
  const script =
    'kubectl create namespace shop >/dev/null && kubectl create configmap a && kubectl get configmap a -n shop -o name'
  const ended = await meshdojo(['cluster', 'run', '--namespace', 'shop', '--', 'sh', '-c', script])
  expect(ended).toMatchObject({ status: 0, stdout: expect.stringContaining('configmap/a') })
}, 60_000)

test.each([
  [[], 2, /Usage: meshdojo COMMAND/],
  [['nonsense'], 2, /there is no command "nonsense"/],
  [['serve', '--prot', '1'], 2, /Unknown option '--prot'/],
  [['serve', '--port', 'eighty'], 2, /--port takes a number from 0 to 65535, not "eighty"/],
  [['serve', '--kubeconfig', '/does/not/exist'], 2, /there is no file "\/does\/not\/exist"/],
  [['serve', '--profile', 'minimal'], 2, /there is no profile "minimal"/],
  [['cluster', 'run'], 2, /no command to run/],
  [['cluster', 'run', '--namespace', 'Not A Name', '--', 'true'], 2, /is no name of a namespace/],
])('wrong words are one clear line: meshdojo %j', async (args, status, message) => {
  const ended = await meshdojo(args)
  expect(ended.status).toBe(status)
  expect(ended.stderr).toMatch(message)
})

test.each(['serve', 'cluster', 'xds', 'validate', 'doctor'])(
  '%s --help says how it is used',
  async command => {
    const ended = await meshdojo([command, '--help'])
    expect(ended).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining(`Usage: meshdojo ${command}`),
    })
  },
)
