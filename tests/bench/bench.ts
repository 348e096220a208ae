/**
 * `npm run bench`: what a learner feels and what a classroom needs, as medians of at least ten runs on the product as it
 * is served. Numbers of one run compare with each other; machines differ and are noisy.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Learner } from '../driver/learner.ts'
import { processTree } from '../driver/processes.ts'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'
import { emptyClusters } from './empty-cluster.ts'
import { manyObjects } from './many-objects.ts'
import { meshTraffic } from './mesh-traffic.ts'
import { processorMs, proportionalMegabytes } from './process-cost.ts'
import { repeat } from './repeat.ts'
import { formatMeasurement, type Measurement } from './statistics.ts'
import { benchTerminal } from './terminal.ts'
import { benchClass, describeClass } from './workshop.ts'

const RUNS = Number(process.env['BENCH_RUNS'] ?? 10)
/** How many sandboxes stand side by side when memory is read. */
const SANDBOXES = Number(process.env['BENCH_SANDBOXES'] ?? 6)
const CHAPTER = 'request-routing'

const show = (measurement: Measurement) => process.stdout.write(`${formatMeasurement(measurement)}\n`)

/**
 * From the learner's arrival until the sandbox says it is ready, and until the product page answers in the terminal,
 * which is opened at once, as the page does.
 */
async function coldStarts(
  server: TestServer,
): Promise<{ ready: number[]; routable: number[]; learners: Learner[] }> {
  const ready: number[] = []
  const learners: Learner[] = []
  const routable = await repeat(RUNS, async () => {
    const beganMs = performance.now()
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.openTerminal()
    await learner.sandboxReady()
    ready.push(performance.now() - beganMs)
    await learner.run(PAGE_ANSWERS)
    const elapsedMs = performance.now() - beganMs
    learners.push(learner)
    return elapsedMs
  })
  return { ready, routable, learners }
}

const PAGE_ANSWERS = `until curl -sf -o /dev/null -m 1 productpage:9080/productpage; do :; done`

/**
 * From the moment a changed VirtualService is sent to the API server until a request is routed by it. A loop in ratings
 * asks reviews all the time over one connection and notes when another version answers; both times are the same kernel's
 * clock. The loop is bash alone: a process per request would measure the machine's forks.
 */
const WATCH_SCRIPT = `
exec 3<>/dev/tcp/reviews/9080 4<> <(:)
while :; do
  printf 'GET /reviews/0 HTTP/1.1\\r\\nHost: reviews:9080\\r\\n\\r\\n' >&3
  length=0
  while IFS= read -r line <&3 && [ "$line" != $'\\r' ]; do
    case $line in [Cc]ontent-[Ll]ength:*) length=\${line#*:}; length=\${length//[^0-9]/} ;; esac
  done
  IFS= read -r -N "$length" body <&3
  now=\${body#*reviews-v}; now=v\${now:0:1}
  [ "$now" = "$last" ] || printf '%s:%s\\n' "$now" "\${EPOCHREALTIME/./}"
  last=$now
  read -rt 0.002 -u 4
done`
const ROUTE_SCRIPT = `
account=/var/run/secrets/kubernetes.io/serviceaccount
url=https://kubernetes.default/apis/networking.istio.io/v1/namespaces/$(cat $account/namespace)/virtualservices/reviews
patch='{"spec":{"http":[{"route":[{"destination":{"host":"reviews","subset":"'$1'"}}]}]}}'
token=$(cat $account/token)
sent=\${EPOCHREALTIME/./}
curl -s -o /dev/null --cacert $account/ca.crt -H "Authorization: Bearer $token" \\
  -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$patch" $url
until [ "$(tail -n 1 /tmp/versions.log | cut -d: -f1)" = "$1" ]; do sleep 0.01; done
echo "sent:$sent routed:$(tail -n 1 /tmp/versions.log | cut -d: -f2)"`

async function applyToTraffic(learner: Learner): Promise<number[]> {
  await learner.run('kubectl apply -f samples/bookinfo/networking/destination-rule-all.yaml >/dev/null')
  await learner.run('kubectl apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml >/dev/null')
  await learner.run(writeFile('/tmp/watch.sh', WATCH_SCRIPT))
  await learner.run(writeFile('/tmp/route.sh', ROUTE_SCRIPT))
  await learner.run(
    '{ kubectl exec -i deploy/ratings-v1 -c ratings -- bash < /tmp/watch.sh > /tmp/versions.log & }',
  )
  await learner.run('until [ -s /tmp/versions.log ]; do sleep 0.1; done')
  const versions = ['v3', 'v1']
  let turn = 0
  const values = await repeat(RUNS, async () => {
    const text = await learner.run(`bash /tmp/route.sh ${versions[turn++ % 2]}`)
    const at = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1] ?? Number.NaN)
    return (at('routed') - at('sent')) / 1000
  })
  await learner.run('kill %1; wait')
  return values
}

/** A shell command that writes `text`, in base64: a terminal edits what is typed, bytes it leaves alone. */
const writeFile = (path: string, text: string): string =>
  `base64 -d > ${path} <<< ${Buffer.from(text).toString('base64')}`

/** From the end of the last command that a step asks for until the step is ticked off. */
async function evidenceToTick(learners: readonly Learner[]): Promise<number[]> {
  const values: number[] = []
  for (const learner of learners) {
    learner.send({ type: 'open-step', step: 'look-around' })
    await learner.run('kubectl get pods')
    await learner.run('kubectl get svc')
    const beganMs = performance.now()
    await learner.stepState('look-around', 'passed')
    values.push(performance.now() - beganMs)
  }
  return values
}

interface Standing {
  megabytes: number[]
  /** Of one processor, in percent. */
  idle: number[]
}

/** What each of several ready sandboxes takes, whole trees, when they stand side by side and nobody uses them. */
async function standing(server: TestServer): Promise<Standing> {
  const before = new Set(processTree(server.pid))
  for (let index = 0; index < SANDBOXES; index++) {
    const learner = await new Learner(server.url, CHAPTER).join()
    await learner.openTerminal()
    await learner.sandboxReady()
    await learner.run(PAGE_ANSWERS)
  }
  await pause(SETTLING_MS)
  const added = processTree(server.pid).filter(pid => !before.has(pid))
  const roots = added.filter(pid => !added.some(other => other !== pid && processTree(other).includes(pid)))
  const trees = roots.map(root => processTree(root))
  const megabytes = trees.map(proportionalMegabytes)
  const usedMs = trees.map(processorMs)
  await pause(WATCHING_MS)
  const idle = trees.map((tree, index) => ((processorMs(tree) - (usedMs[index] ?? 0)) / WATCHING_MS) * 100)
  return { megabytes, idle }
}

/** What is left of a start (logs, probes, garbage) is over after that. */
const SETTLING_MS = 8_000
const WATCHING_MS = 20_000

const data = temporaryData()
const server = await startServer(data)
try {
  const gib = (totalmem() / 2 ** 30).toFixed(0)
  process.stdout.write(
    `${availableParallelism()} processors (${cpus()[0]?.model.trim()}), ${gib} GiB, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}\n\n`,
  )
  const { ready, routable, learners } = await coldStarts(server)
  show({ name: 'cold start: sandbox says ready', unit: 'ms', values: ready })
  show({ name: 'cold start: Bookinfo routable', unit: 'ms', values: routable, goal: 1000 })
  show({ name: 'evidence to tick', unit: 'ms', values: await evidenceToTick(learners), goal: 1000 })
  const [learner] = learners
  if (learner)
    show({ name: 'apply to traffic', unit: 'ms', values: await applyToTraffic(learner), goal: 150 })
  for (const one of learners) one.leave()
  const { megabytes, idle } = await standing(server)
  show({
    name: `memory per ready sandbox, ${SANDBOXES} more beside`,
    unit: 'MB',
    values: megabytes,
    goal: 75,
  })
  show({ name: 'idle sandbox, of one processor', unit: '%', values: idle, goal: 0.2 })
} finally {
  await server.kill('SIGTERM')
  removeData(data)
}
const empty = await emptyClusters(RUNS)
show({ name: 'empty cluster: kubectl answers after', unit: 'ms', values: empty.answersMs, goal: 300 })
show({ name: 'kubectl get pods', unit: 'ms', values: empty.kubectlMs, goal: 150 })
for (const text of await meshTraffic()) process.stdout.write(`${text}\n`)
for (const text of await benchTerminal()) process.stdout.write(`${text}\n`)
const many = await manyObjects(RUNS)
show({ name: 'watch event after its write, 1,000 objects', unit: 'ms', values: many.watchMs, goal: 10 })
show({ name: 'empty cluster with 10,000 objects', unit: 'MB', values: [many.megabytes], goal: 150 })
show({ name: 'idle empty cluster, of one processor', unit: '%', values: [many.idle], goal: 0.2 })
process.stdout.write(`\n${describeClass(await benchClass())}`)
process.exit(0)
