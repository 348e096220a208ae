/** One analyzer: which kinds it looks at, and what it finds. */
import type { Message, MessageType, Parameter } from './messages.ts'
import type { Kind, Resource, ResourceSet } from './resources.ts'

/** `field` is the path of the field at fault, e.g. `spec.gateways[0]`. */
export type Report = (
  type: MessageType,
  resource: Resource,
  parameters: readonly Parameter[],
  field?: string,
) => void

export interface Analyzer {
  /** As `--analyzer` names it. */
  name: string
  description: string
  /** Without them in the set it is skipped. */
  inputs: readonly Kind[]
  analyze(resources: ResourceSet, report: Report): void
}

export type { Message }
