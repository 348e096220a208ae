/** What every controller is given, and what starting one returns. */
import type { Api, ApiObject, OwnerReference, WriteOptions } from '../apiserver/api.ts'
import type { Clock, Disposable } from '../lifecycle.ts'
import type { EventRecorder } from './events/recorder.ts'
import type { Informers } from './informers.ts'
import type { WorkQueue } from './work-queue.ts'

export interface ControllerContext {
  api: Api
  clock: Clock
  informers: Informers
  /** Now as Kubernetes writes it, whole seconds. */
  now(): string
  /** Events in the name of a component, e.g. `deployment-controller`. */
  recorder(component: string): EventRecorder
  /** Events as the scheduler writes them, through events.k8s.io. */
  reporter(controller: string, action: string): EventRecorder
  /** A queue whose failures are retried and reported under `name`. */
  queue(name: string, reconcile: (key: string) => void): WorkQueue
}

/** Starts one controller; disposing what it returns stops it. */
export type StartController = (context: ControllerContext) => Disposable

/** How managedFields name the controllers' writes. */
export const AS_CONTROLLER_MANAGER: WriteOptions = { fieldManager: 'kube-controller-manager' }

export function disposeAll(...parts: Disposable[]): Disposable {
  return {
    dispose() {
      for (const part of parts) part.dispose()
    },
  }
}

/** A reference that makes `owner` the controller of what carries it. */
export const controllerReference = ({
  apiVersion,
  kind,
  metadata: { name, uid },
}: ApiObject): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
})
