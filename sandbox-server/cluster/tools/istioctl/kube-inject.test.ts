import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { injectFile } from './kube-inject.ts'

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: sleep}
spec:
  selector: {matchLabels: {app: sleep}}
  template:
    metadata: {labels: {app: sleep}}
    spec: {containers: [{name: sleep, image: curl}]}
`

function inject(source: string) {
  let stderr = ''
  const text = injectFile(
    source,
    {},
    {
      stderr: notice => {
        stderr += notice
      },
    },
  )
  return { text, stderr, objects: parseAllDocuments(text).map(document => document.toJS()) }
}

test('adds the sidecar to a workload', () => {
  const [deployment] = inject(DEPLOYMENT).objects
  const { containers } = deployment.spec.template.spec
  expect(containers.map(({ name }: { name: string }) => name)).toEqual(['sleep', 'istio-proxy'])
  const owner = containers[1].env.find(({ name }: { name: string }) => name === 'ISTIO_META_OWNER')
  expect(owner.value).toBe('kubernetes://apis/apps/v1/namespaces/default/deployments/sleep')
})

test('leaves what is no workload as it was written', () => {
  const service = '# of mine\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n'
  expect(inject(`${service}---\n${DEPLOYMENT}`).text).toMatch(
    new RegExp(`^${service.replace(/[{}]/g, '\\$&')}---\n`),
  )
})

test('looks into lists and CronJobs', () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'a' },
    spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'a', image: 'a' }] } } } } },
  }
  const [list] = inject(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [job] })).objects
  expect(list.items[0].spec.jobTemplate.spec.template.spec.containers).toHaveLength(2)
})

test('skips who does not want one, and says so', () => {
  const source = DEPLOYMENT.replace(
    '{app: sleep}}\n    spec',
    "{app: sleep, sidecar.istio.io/inject: 'false'}}\n    spec",
  )
  const { stderr, objects } = inject(source)
  expect(stderr).toBe('===> Skipping injection because Deployment "sleep" has sidecar injection disabled\n')
  expect(objects[0].spec.template.spec.containers).toHaveLength(1)
})
