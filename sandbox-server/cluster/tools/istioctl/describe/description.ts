/** What every part of a description prints with, and what it reads of pods and services. */

import type { ApiObject } from '../../../apiserver/api.ts'
import { type Json, objectOf, objectsOf, stringOf } from '../../text/json.ts'
import { stringMap } from '../../text/string-map.ts'
import type { Labels } from '../analyze/selectors.ts'
import type { ClusterContext } from '../global-flags.ts'
import { ConfigDump } from '../proxy-config/dump.ts'
import { askEnvoy } from '../proxy-config/source.ts'
import { nameOf, type Print, type Shown } from './routes.ts'

export const RULE = '--------------------'

export interface Description {
  context: ClusterContext
  print: Print
  shown: Shown
  ignoreUnmeshed: boolean
}

export const labelsOf = ({ metadata }: ApiObject): Labels => metadata.labels ?? {}
export const selectorOf = ({ spec }: ApiObject): Labels => stringMap(objectOf(spec)['selector'])
export const hasSelector = (service: ApiObject): boolean => Object.keys(selectorOf(service)).length > 0
export const statusesOf = (pod: ApiObject, field: string): Json[] => objectsOf(objectOf(pod.status)[field])
export const phaseOf = (pod: ApiObject): string => stringOf(objectOf(pod.status)['phase'])

/** All that the pod's Envoy was told. */
export async function dumpOf({ client }: ClusterContext, pod: ApiObject): Promise<ConfigDump> {
  return new ConfigDump(await askEnvoy(client, nameOf(pod), 'GET', 'config_dump'))
}
