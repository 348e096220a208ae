/**
 * Ten tabs on one sandbox, one of them reloading all the time: every tab sees everything, and when they are gone nothing
 * of them is left in the server. A tab is the three sockets of a chapter's page; a browser would only make it slower.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Learner } from '../driver/learner.ts'
import { processTree } from '../driver/processes.ts'
import { removeData, startServer, type TestServer, temporaryData } from '../driver/server.ts'

const TABS = 10
const LINES = 400
const LEAST_RELOADS = 5
const CHAPTER = 'request-routing'

let server: TestServer
const data = temporaryData()
beforeAll(async () => {
  server = await startServer(data)
}, 60_000)
afterAll(async () => {
  await server?.kill('SIGTERM')
  removeData(data)
})

/** What a tab that stays open costs the machine: connections to the server, and processes below it. */
function held(): { connections: number; processes: number } {
  const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0')
  const connections = ['tcp', 'tcp6']
    .flatMap(table => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'))
    .map(row => row.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${port}`) && state === ESTABLISHED)
  return { connections: connections.length, processes: processTree(server.pid).length }
}

const ESTABLISHED = '01'

interface Tab {
  learner: Learner
  /** The feature sockets of the page, which the driver does not have. */
  features: WebSocket[]
}

async function openTab(cookie: string): Promise<Tab> {
  const learner = await new Learner(server.url, CHAPTER, cookie).join()
  await learner.openTerminal('1')
  const features = ['/ws/terminals', '/ws/mesh', '/ws/preview', '/ws/objects'].map(path => {
    const socket = new WebSocket(server.url.replace(/^http/, 'ws') + path, {
      headers: { cookie, origin: server.url },
    })
    // Closed while it still opens: what happens when a page is reloaded.
    socket.on('error', () => {})
    return socket
  })
  return { learner, features }
}

function closeTab({ learner, features }: Tab): void {
  learner.leave()
  for (const socket of features) socket.terminate()
}

test('ten tabs on one sandbox, one reloading in a loop: nothing is lost and nothing is left', async () => {
  const first = await openTab('')
  const { cookie } = first.learner
  await first.learner.sandboxReady()
  await first.learner.run('true')
  closeTab(first)
  const resting = await openTab(cookie)
  await resting.learner.sandboxReady()
  await resting.learner.terminalShows(/\$ /)
  await Promise.all(resting.features.map(socket => socket.readyState === socket.OPEN || once(socket, 'open')))
  const alone = held().connections

  const tabs = await Promise.all(Array.from({ length: TABS - 1 }, () => openTab(cookie)))
  let done = false
  const reloading = (async () => {
    let reloads = 0
    while (!done || reloads < LEAST_RELOADS) {
      const tab = await openTab(cookie)
      await tab.learner.sandboxReady()
      await tab.learner.terminalShows(/\S/)
      closeTab(tab)
      reloads++
    }
  })()
  // Every line is shown in every tab once, in order, while the tenth comes and goes.
  resting.learner.type(
    `clear; for n in $(seq ${LINES}); do echo "line-$n-"; sleep 0.005; done; echo all""done\r`,
  )
  for (const { learner } of [...tabs, resting]) await learner.terminalShows(/alldone/)
  done = true
  await reloading
  for (const { learner } of [...tabs, resting]) {
    const numbers = [...learner.terminalText.matchAll(/line-(\d+)-/g)].map(([, number]) => Number(number))
    expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1))
  }

  // A step that is done in one is ticked in all.
  await resting.learner.run('kubectl get pods; kubectl get svc')
  for (const { learner } of [...tabs, resting]) await learner.stepState('look-around', 'passed')

  for (const tab of tabs) closeTab(tab)
  await expect.poll(() => held().connections, { timeout: 15_000 }).toBeLessThanOrEqual(alone)

  // A second crowd leaves as many processes as the first: what is made once for a sandbox is there by now.
  const { processes } = held()
  const crowd = await Promise.all(Array.from({ length: TABS - 1 }, () => openTab(cookie)))
  for (const { learner } of crowd) await learner.terminalShows(/alldone/)
  for (const tab of crowd) closeTab(tab)
  await expect.poll(() => held().connections, { timeout: 15_000 }).toBeLessThanOrEqual(alone)
  await expect.poll(() => held().processes, { timeout: 15_000 }).toBeLessThanOrEqual(processes)

  // The shell is still the same one.
  await resting.learner.run('echo alive')
  closeTab(resting)
  await expect.poll(() => held().connections, { timeout: 15_000 }).toBeLessThan(alone)
  expect(server.output()).not.toMatch(/MaxListenersExceeded|memory leak/)
}, 90_000)
