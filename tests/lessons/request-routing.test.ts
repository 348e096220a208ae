/**
 * The chapter's checks, judged by what each situation looks like in the cluster's records: not begun, done right, done by
 * other equivalent means, and wrong in each of the ways that are explained.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compileCheck, judge } from '../../sandbox-server/platform/checks/judge.ts'
import { lesson } from '../../sandbox-server/protocol/lesson.ts'

const chapter = lesson.parse(
  parse(readFileSync(new URL('../../lessons/02-request-routing/lesson.yaml', import.meta.url), 'utf8')),
)

/** `passed`, `waiting`, `error`, or the id of the explanation. */
function verdict(step: string, check: string, facts: Record<string, unknown>, changed = true): string {
  const found = chapter.steps.find(each => each.id === step)?.checks.find(each => each.id === check)
  if (!found) throw new Error(`there is no check ${step}/${check}`)
  const compiled = compileCheck(found)
  const { state, message, reason } = judge(compiled, { facts, evidence: [] }, changed)
  if (state !== 'failed') return reason ?? state
  const holds = compiled.explanations.find(explanation => {
    const condition = explanation.holds({ ...facts, changed })
    return 'holds' in condition && condition.holds
  })
  return holds?.id ?? message.en
}

const objects = (...list: unknown[]) => ({
  object: null,
  objects: list,
  count: list.length,
  name: '',
  ownNamespace: 'learner',
})
const virtualService = (http: unknown[], hosts = ['reviews']) => ({
  metadata: { name: 'reviews' },
  spec: { hosts, http },
})
const to = (subset: string) => ({ route: [{ destination: { host: 'reviews', subset } }] })
const jason = (subset: string, header = 'end-user') => ({
  match: [{ headers: { [header]: { exact: 'jason' } } }],
  ...to(subset),
})
const destinationRule = (host: string, ...subsets: unknown[]) => ({
  metadata: { name: 'reviews' },
  spec: { host, subsets },
})
const routes = (...list: [match: string, subset: string][]) => ({
  routes: list.map(([match, subset]) => ({
    proxy: 'productpage',
    host: 'reviews',
    match,
    destination: 'reviews',
    subset,
    percent: 100,
  })),
  service: 'reviews',
  proxy: 'productpage',
  ownNamespace: 'learner',
  summary: '',
})
function traffic(
  ...list: { version?: string; status?: number; flags?: string; source?: string; path?: string }[]
) {
  const requests = list.map(row => ({
    time: '2026-01-01T00:00:00.000Z',
    source: 'productpage',
    destination: 'reviews',
    version: 'v1',
    method: 'GET',
    path: '/reviews/0',
    status: 200,
    flags: '-',
    durationMs: 3,
    ...row,
  }))
  const byVersion: Record<string, number> = {}
  for (const { version } of requests) byVersion[version] = (byVersion[version] ?? 0) + 1
  return {
    requests,
    byVersion,
    byStatus: {},
    share: {},
    total: requests.length,
    source: '',
    destination: '',
    summary: '',
  }
}
const many = (count: number, version: string) => Array.from({ length: count }, () => ({ version }))

describe('look-around', () => {
  it('tells pods that were still starting from pods of another namespace', () => {
    const listed = (output: string) =>
      verdict('look-around', 'pods-listed', { command: 'kubectl get pods', output, exitCode: 0 }, false)
    expect(listed('productpage-v1-7c9 2/2 Running 0 8s')).toBe('passed')
    expect(listed('productpage-v1-7c9 0/2 Init:0/1 0 1s')).toBe('still-starting')
    expect(listed('No resources found in default namespace.')).toBe('other-namespace')
  })
})

describe('three-versions', () => {
  it('passes when all three answered, and explains a rule that is already there', () => {
    expect(
      verdict(
        'three-versions',
        'all-versions',
        traffic({ version: 'v1' }, { version: 'v3' }, { version: 'v2' }),
      ),
    ).toBe('passed')
    expect(
      verdict(
        'three-versions',
        'all-versions',
        traffic({ version: 'v1' }, { version: 'v3' }, { version: 'v1' }),
      ),
    ).toBe('waiting')
    expect(verdict('three-versions', 'all-versions', traffic(...many(6, 'v1')))).toBe('already-routed')
  })
})

describe('ask-from-inside', () => {
  it('tells who asked, and for what', () => {
    const page = { source: 'ratings', path: '/productpage' }
    expect(verdict('ask-from-inside', 'page-asked', traffic({ ...page, source: 'toolbox' }))).toBe(
      'not-from-ratings',
    )
    expect(verdict('ask-from-inside', 'page-asked', traffic({ ...page, path: '/' }))).toBe('other-path')
    expect(verdict('ask-from-inside', 'page-asked', traffic({ ...page, path: '/' }, page))).toBe('passed')
  })
})

describe('all-to-v1', () => {
  it('takes any DestinationRule that names v1 of reviews by its label', () => {
    const v1 = { name: 'stable', labels: { version: 'v1' } }
    const check = (...list: unknown[]) => verdict('all-to-v1', 'subsets', objects(...list))
    expect(check(destinationRule('reviews', v1))).toBe('passed')
    expect(check(destinationRule('reviews.learner.svc.cluster.local', v1))).toBe('passed')
    expect(check()).toBe('waiting')
    expect(check(destinationRule('review', v1))).toBe('other-host')
    expect(check(destinationRule('reviews', { name: 'v1' }))).toBe('without-label')
  })

  it('judges the routes that the proxy was told', () => {
    const check = (changed: boolean, ...list: [string, string][]) =>
      verdict('all-to-v1', 'route', routes(...list), changed)
    expect(check(false, ['', ''])).toBe('waiting')
    expect(check(true, ['', ''])).toBe('no-rule-for-reviews')
    expect(check(true, ['', 'v1'])).toBe('passed')
    expect(check(true, ['', 'v3'])).toBe('other-subset')
    expect(check(true, ['', 'v1'], ['', 'v3'])).toBe('split')
  })

  it('explains 503 NC until the page answers again', () => {
    const refused = { version: '', status: 503, flags: 'NC' }
    expect(verdict('all-to-v1', 'page-answers', traffic(refused))).toBe('subset-unknown')
    expect(verdict('all-to-v1', 'page-answers', traffic({ status: 503, flags: 'UH' }))).toBe('no-answer')
    expect(verdict('all-to-v1', 'page-answers', traffic(refused, {}))).toBe('passed')
  })

  it('wants every answer from v1', () => {
    expect(verdict('all-to-v1', 'ten-v1', traffic(...many(10, 'v1')))).toBe('passed')
    expect(verdict('all-to-v1', 'ten-v1', traffic(...many(10, 'v1'), { version: 'v3' }))).toBe(
      'other-version',
    )
  })
})

describe('jason-to-v2', () => {
  const rule = (changed: boolean, ...list: unknown[]) =>
    verdict('jason-to-v2', 'rule', objects(...list), changed)
  const route = (changed: boolean, ...list: [string, string][]) =>
    verdict('jason-to-v2', 'route', routes(...list), changed)

  it('waits as long as nothing was changed', () => {
    expect(rule(false, virtualService([to('v1')]))).toBe('waiting')
    expect(route(false, ['', 'v1'])).toBe('waiting')
  })

  it('takes the rule by any name of the host and among other matches', () => {
    expect(rule(true, virtualService([jason('v2'), to('v1')]))).toBe('passed')
    expect(rule(true, virtualService([jason('v2'), to('v1')], ['reviews.learner.svc.cluster.local']))).toBe(
      'passed',
    )
    expect(
      rule(
        true,
        virtualService([{ match: [{ uri: { prefix: '/x' } }], ...to('v3') }, jason('v2'), to('v1')]),
      ),
    ).toBe('passed')
    expect(route(true, ['end-user: jason', 'v2'], ['', 'v1'])).toBe('passed')
  })

  it('explains each mistake', () => {
    expect(rule(true, virtualService([to('v1'), jason('v2')]))).toBe('default-first')
    expect(rule(true, virtualService([jason('v2', 'user'), to('v1')]))).toBe('header-name')
    expect(rule(true, virtualService([to('v1')], ['review']))).toBe('host-wrong')
    expect(rule(true)).toBe('host-wrong')
    expect(route(true, ['', 'v1'])).toBe('everyone-v1')
    expect(route(true, ['', 'v2'])).toBe('everyone-v2')
    expect(route(true, ['end-user: jason', 'v2'])).toBe('no-default')
    expect(route(true, ['end-user: jason', 'v2'], ['', 'v3'])).toBe('default-not-v1')
    expect(route(true, ['end-user: jason', 'v3'], ['', 'v1'])).toBe('jason-not-v2')
    expect(verdict('jason-to-v2', 'both-seen', traffic(...many(3, 'v1')))).toBe('never-jason')
    expect(verdict('jason-to-v2', 'both-seen', traffic(...many(3, 'v2')))).toBe('always-jason')
  })
})

describe('clean-up', () => {
  it('passes when nothing is left, and explains what is', () => {
    expect(verdict('clean-up', 'rules-gone', objects())).toBe('passed')
    expect(verdict('clean-up', 'rules-gone', objects(virtualService([to('v1')])))).toBe('some-left')
    expect(verdict('clean-up', 'rules-gone', objects(virtualService([to('v1')])), false)).toBe('waiting')
  })
})
