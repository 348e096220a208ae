/**
 * A developer's entry: store, API server, the controllers and the Istio CRDs on a loopback port, without kubelet, mesh
 * or network. `node dev-server.ts DIRECTORY [PORT]` writes DIRECTORY/kubeconfig and serves until it is stopped.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../lifecycle.ts'
import { Store } from '../store/store.ts'
import type { AdmissionPlugin } from './admission.ts'
import { bootstrap } from './bootstrap/bootstrap.ts'
import {
  ApiHandler,
  Authenticator,
  adminKubeconfig,
  clusterCertificates,
  createRegistry,
  listen,
  TokenIssuer,
} from './index.ts'

const [directory = '/tmp/meshdojo-apiserver', port = '0'] = process.argv.slice(2)
mkdirSync(directory, { recursive: true })
const started = performance.now()
const store = new Store({ path: join(directory, 'state.db') })
const certificates = clusterCertificates(join(directory, 'pki'), systemClock.now())
const optional = async (path: string): Promise<Record<string, unknown>> => {
  try {
    return await import(path)
  } catch (error) {
    console.error(`without ${path}: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    return {}
  }
}
const { sidecarInjector } = await optional('../istiod/injection/index.ts')
const { configValidator } = await optional('../istiod/validation/index.ts')
const admission: AdmissionPlugin[] = []
if (typeof sidecarInjector === 'function') {
  admission.push(sidecarInjector({ meshProxyConfig: () => ({ discoveryAddress: '10.96.0.2:15010' }) }))
}
if (configValidator) admission.push(configValidator as AdmissionPlugin)
const registry = createRegistry({ store, admission })
bootstrap(registry, { caCertificate: certificates.ca.certificate })

const { istioCrds } = await optional('../istiod/crds/index.ts')
if (typeof istioCrds === 'function') {
  const crds = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
  store.batch(() => {
    for (const crd of istioCrds()) {
      if (!registry.api.get(crds, undefined, crd.metadata.name)) registry.api.create(crds, crd)
    }
  })
}
const { startForDevelopment } = await optional('../controllers/development.ts')
if (typeof startForDevelopment === 'function') startForDevelopment(registry)

const tokens = new TokenIssuer(certificates.serviceAccountKey)
const authenticator = new Authenticator({ registry, tokens })
const handler = new ApiHandler(registry, {
  authenticator,
  tokens,
  caCertificate: certificates.ca.certificate,
})
const listening = await listen(handler, certificates, { host: '127.0.0.1', port: Number(port) })
const server = `https://127.0.0.1:${listening.port}`
writeFileSync(join(directory, 'kubeconfig'), adminKubeconfig({ server, certificates }))
console.log(
  `${server} after ${Math.round(performance.now() - started)} ms, kubeconfig in ${join(directory, 'kubeconfig')}`,
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void listening.dispose().then(() => process.exit(0)))
}
