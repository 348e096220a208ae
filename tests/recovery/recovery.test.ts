import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Learner } from '../driver/learner.ts'
import { commandLine, processTree } from '../driver/processes.ts'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'

const CHAPTER = 'request-routing'
const data = temporaryData()
let server: TestServer
let learner: Learner

beforeAll(async () => {
  server = await startServer(data)
  learner = await new Learner(server.url, CHAPTER).join()
  await learner.sandboxReady()
  await learner.openTerminal()
  await learner.run('kubectl get pods')
  await learner.run('kubectl get svc')
  await learner.stepState('look-around', 'passed')
  await learner.run('kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml')
  await learner.run('kubectl apply -f samples/bookinfo/networking/virtual-service-reviews-v3.yaml')
  await learner.run('echo note to myself > remember.txt')
}, 90_000)

afterAll(async () => {
  learner?.leave()
  await server?.kill('SIGTERM')
  removeData(data)
})

/** The one process of this server's tree that fits. */
function processOf(pattern: RegExp): number {
  const found = processTree(server.pid).filter(pid => pattern.test(commandLine(pid)))
  if (found.length !== 1) throw new Error(`${found.length} processes fit ${pattern}`)
  return found[0] ?? 0
}

/** Through both sidecars, and on to the version that the VirtualService names. */
const ASK_FOR_THE_PAGE =
  'kubectl exec deploy/ratings-v1 -c ratings -- curl -s productpage:9080/productpage 2>/dev/null'

/** What must be as it was, whatever was killed. */
async function expectEverythingThere(): Promise<void> {
  await learner.sandboxReady()
  await learner.stepState('look-around', 'passed')
  expect(await learner.run('cat remember.txt')).toContain('note to myself')
  expect(await learner.run('kubectl get virtualservice,destinationrule -o name')).toMatch(
    /virtualservice\S*\/reviews[\s\S]*destinationrule\S*\/reviews/,
  )
  await learner.run(`until ${ASK_FOR_THE_PAGE} | grep -q reviews-v3; do sleep 0.05; done`)
  const pods = await learner.run('kubectl get pods')
  expect(pods.match(/2\/2\s+Running\s+0/g)).toHaveLength(6)
  const served = await learner.run(
    `for i in 1 2 3 4; do ${ASK_FOR_THE_PAGE} | grep -o -m1 "reviews-v[0-9]"; done`,
  )
  expect(served.match(/^reviews-v\d/gm)).toEqual(['reviews-v3', 'reviews-v3', 'reviews-v3', 'reviews-v3'])
}

describe('nothing is lost', () => {
  test('when Envoy is killed', async () => {
    process.kill(processOf(/\benvoy -c /), 'SIGKILL')
    await expectEverythingThere()
  }, 60_000)

  test("when the learner's cluster is killed", async () => {
    const cluster = processOf(/^\S*node .*dist\/cluster\/main\.js/)
    process.kill(cluster, 'SIGKILL')
    await learner.until(
      () => (learner.sandbox?.state === 'starting' ? true : undefined),
      () => 'the page is told that the sandbox went away',
    )
    await learner.sandboxReady()
    await learner.openTerminal()
    await expectEverythingThere()
  }, 60_000)

  test('when the server is killed', async () => {
    const { cookie } = learner
    const port = Number(new URL(server.url).port)
    await learner.run('echo "seen before" "the kill"')
    await server.kill('SIGKILL')
    learner.leave()
    server = await startServer(data, port)
    learner = await new Learner(server.url, CHAPTER, cookie).join()
    await learner.sandboxReady()
    await learner.openTerminal()
    await learner.terminalShows(/seen before the kill/)
    await expectEverythingThere()
  }, 90_000)
})
