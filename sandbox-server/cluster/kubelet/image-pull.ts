/** Waiting for a container's image: tries, events and pauses until it is there or the container is stopped. */
import type { Container } from 'kubernetes-types/core/v1.js'
import { Backoff } from './backoff.ts'
import type { FoundImage, ImageStore } from './image-store.ts'

/** A person sees ErrImagePull for this long before the next look at the pod finds the image backing off. */
const ERROR_SHOWN_MS = 2000

export interface PullListener {
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
  wait(reason: string, message: string): void
  /** Resolves early, as does everything, when `stopped` becomes true. */
  sleep(ms: number): Promise<void>
  stopped(): boolean
  now(): number
}

/** undefined: the container was stopped before the image was there. */
export async function pullImage(
  images: ImageStore,
  container: Container,
  listener: PullListener,
): Promise<FoundImage | undefined> {
  const { image: reference = '', imagePullPolicy: policy } = container
  const backoff = new Backoff()
  while (!listener.stopped()) {
    if (policy !== 'Never' && images.needsPull(reference, policy))
      listener.event('Normal', 'Pulling', `Pulling image "${reference}"`)
    const pull = images.pull(reference, policy)
    if (pull.found) {
      listener.event('Normal', 'Pulled', pulledMessage(reference, pull.pulled))
      return pull.found
    }
    await pauseAfterFailure(reference, pull, backoff, listener)
  }
  return undefined
}

const FAILURE_EVENT = {
  ErrImagePull: 'Failed',
  ErrImageNeverPull: 'ErrImageNeverPull',
  InvalidImageName: 'InspectFailed',
}

async function pauseAfterFailure(
  reference: string,
  { reason, message }: { reason: keyof typeof FAILURE_EVENT; message: string },
  backoff: Backoff,
  listener: PullListener,
): Promise<void> {
  const failedAtMs = listener.now()
  const isPull = reason === 'ErrImagePull'
  const text = isPull ? `Failed to pull image "${reference}": ${message}` : message
  listener.event('Warning', FAILURE_EVENT[reason], text)
  listener.event('Warning', 'Failed', `Error: ${reason}`)
  listener.wait(reason, message)
  backoff.next(failedAtMs)
  await listener.sleep(Math.min(ERROR_SHOWN_MS, backoff.remaining(listener.now(), failedAtMs)))
  if (listener.stopped()) return
  if (isPull) {
    listener.event('Normal', 'BackOff', `Back-off pulling image "${reference}"`)
    listener.event('Warning', 'Failed', 'Error: ImagePullBackOff')
    listener.wait('ImagePullBackOff', `Back-off pulling image "${reference}": ErrImagePull: ${message}`)
  }
  await listener.sleep(backoff.remaining(listener.now(), failedAtMs))
}

const pulledMessage = (reference: string, pulled: boolean): string =>
  pulled
    ? `Successfully pulled image "${reference}" in 1ms (1ms including waiting)`
    : `Container image "${reference}" already present on machine and can be accessed by the pod`
