/** A platform with a small course and no clusters, and people who use it, for tests of workshops. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Workshop } from '../../../protocol/workshops.ts'
import { type Platform, type PlatformOptions, startPlatform } from '../../index.ts'

const step = (id: string) => `
  - id: ${id}
    title: { en: ${id}, zh: ${id} }
    solution: [kubectl get pods]
    hints: [{ en: a hint, zh: 提示 }]
    checks:
      - { id: pods, kind: resource, resource: pods, assert: size(objects) > 0, waiting: { en: no pods, zh: 没有 }, passed: { en: P, zh: P } }`
const lesson = (id: string) => `id: ${id}
title: { en: ${id}, zh: ${id} }
summary: { en: S, zh: S }
minutes: 1
steps:${step('look')}${step('apply')}
`

export interface TestSchool {
  readonly platform: Platform
  readonly directory: string
  /** Somebody with a cookie jar; `token` is sent instead when given. */
  person(token?: string): Person
  /** Signed in by the printed link. */
  admin(): Promise<Person>
  close(): Promise<void>
}

export async function startTestSchool(options: Partial<PlatformOptions> = {}): Promise<TestSchool> {
  const directory = mkdtempSync(join(tmpdir(), 'school-test-'))
  const write = (path: string, text: string) => {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  write('site/index.html', 'home')
  write('samples/a.yaml', '')
  write('lessons/01-routing/lesson.yaml', lesson('routing'))
  write('lessons/02-faults/lesson.yaml', lesson('faults'))
  const platform = await startPlatform({
    host: '127.0.0.1',
    port: 0,
    dataDirectory: join(directory, 'data'),
    siteDirectory: join(directory, 'site'),
    lessonsDirectory: join(directory, 'lessons'),
    samplesDirectory: join(directory, 'samples'),
    clusters: { acquire: () => Promise.reject(new Error('no cluster in this test')) },
    log: () => undefined,
    workshops: { allowPrivateWebhooks: true, ...options.workshops },
    ...options,
  })
  let first: Promise<Person> | undefined
  return {
    platform,
    directory,
    person: token => new Person(platform.url, token),
    admin() {
      first ??= (async () => {
        const person = new Person(platform.url)
        const link = (await platform.signInLink) ?? ''
        await person.call('POST', '/api/sign-in/code', { code: link.split('#code=')[1] ?? '' })
        return person
      })()
      return first
    },
    async close() {
      await platform.dispose()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any
  headers: Headers
}

export class Person {
  readonly url: string
  readonly #token: string | undefined
  readonly #cookies = new Map<string, string>()

  constructor(url: string, token?: string) {
    this.url = url
    this.#token = token
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isText = typeof body === 'string'
    const response = await fetch(new URL(path, this.url), {
      method,
      redirect: 'manual',
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(this.cookie === '' ? {} : { cookie: this.cookie }),
        ...(body === undefined ? {} : { 'content-type': isText ? 'text/csv' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers }
  }

  async makeWorkshop(settings: Record<string, unknown> = {}): Promise<Workshop> {
    const { status, body } = await this.call('POST', '/api/workshops', {
      title: 'Istio for all',
      chapters: ['routing'],
      open: true,
      ...settings,
    })
    if (status !== 201) throw new Error(`no workshop: ${JSON.stringify(body)}`)
    return body
  }

  join(code: string, name: string, pin = '4711'): Promise<Answer> {
    return this.call('POST', '/api/join', { code, name, pin })
  }

  connect(path: string, headers: Record<string, string> = {}): Connection {
    return new Connection(new URL(path, this.url.replace('http', 'ws')).href, {
      cookie: this.cookie,
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...headers,
    })
  }
}

export class Connection {
  readonly socket: WebSocket
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape.
  readonly messages: any[] = []
  bytes = ''
  /** 101, or the status of a refusal. */
  readonly opened: Promise<number>
  readonly closed: Promise<[code: number, reason: string]>

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers })
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('open', () => resolve(101))
      this.socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      this.socket.on('error', reject)
    })
    this.opened.catch(() => undefined) // Whoever asks is told.
    this.closed = new Promise(resolve =>
      this.socket.on('close', (code, reason) => resolve([code, reason.toString()])),
    )
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.bytes += data.toString()
      else this.messages.push(JSON.parse(data.toString()))
    })
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  last(type: string) {
    return this.messages.findLast(message => message.type === type)
  }
}
