/** A load's result as fortio writes it in JSON: field by field in fortio's order. */

import { VERSION } from '../../images/fortio/version.ts'
import { durationText } from '../text/duration.ts'
import type { Target } from './connection.ts'
import type { Options } from './flags.ts'
import type { Histogram } from './histogram.ts'
import type { PeriodicResult } from './periodic.ts'
import { payloadOf } from './target.ts'

/** Everything a report says. */
export interface LoadResult {
  run: PeriodicResult
  target: Target
  labels: string
  id: string
  codes: ReadonlyMap<number, number>
  addresses: ReadonlyMap<string, number>
  sockets: readonly number[]
  connectTimes: Histogram
  sizes: Histogram
  headerSizes: Histogram
}

export function resultJson(result: LoadResult, options: Options, percentiles: readonly number[]): string {
  const { run, target, codes, addresses } = result
  const value = {
    RunType: 'HTTP',
    Labels: result.labels,
    StartTime: startTime(run.startMs),
    RequestedQPS: run.requestedQps,
    RequestedDuration: run.requestedDuration || durationText(0),
    ActualQPS: run.actualQps,
    ActualDuration: run.elapsed,
    NumThreads: run.threads,
    Version: VERSION,
    DurationHistogram: run.durations.export(percentiles),
    ErrorsDurationHistogram: run.errors.export(percentiles),
    Exactly: options.number('n'),
    Jitter: options.bool('jitter'),
    Uniform: options.bool('uniform'),
    NoCatchUp: options.bool('nocatchup'),
    RunID: options.number('runid'),
    AccessLoggerInfo: '',
    ID: result.id,
    RetCodes: inOrder(codes),
    IPCountMap: inOrder(addresses),
    Insecure: !target.verifyTls,
    MTLS: false,
    CACert: options.text('cacert'),
    Cert: '',
    Key: '',
    UnixDomainSocket: '',
    URL: (options.args[0] ?? '').trim(),
    NumConnections: 1,
    Compression: false,
    DisableFastClient: false,
    HTTP10: options.bool('http1.0'),
    H2: false,
    DisableKeepAlive: !options.bool('keepalive'),
    AllowHalfClose: false,
    FollowRedirects: options.bool('L'),
    Resolve: target.resolve,
    HTTPReqTimeOut: target.timeoutMs * 1e6,
    UserCredentials: options.text('user'),
    ContentType: options.text('content-type'),
    Payload: payloadOf(options).toString('base64'),
    MethodOverride: options.text('X'),
    LogErrors: target.logErrors,
    SequentialWarmup: options.bool('sequential-warmup'),
    ConnReuseRange: [0, 0],
    NoResolveEachConn: false,
    Offset: target.offset * 1e9,
    Resolution: target.resolution,
    Sizes: result.sizes.export(),
    HeaderSizes: result.headerSizes.export(),
    Sockets: result.sockets,
    SocketCount: result.sockets.reduce((sum, count) => sum + count, 0),
    ConnectionStats: result.connectTimes.export(percentiles),
    AbortOn: options.number('abort-on'),
  }
  return JSON.stringify(value, undefined, 2)
}

/** Go writes a map's keys as text and in order; JavaScript would put numbers first. */
const inOrder = (counts: ReadonlyMap<number | string, number>): Record<string, number> =>
  Object.fromEntries(
    [...counts]
      .map(([key, count]): [string, number] => [String(key), count])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const startTime = (ms: number): string => new Date(ms).toISOString()
