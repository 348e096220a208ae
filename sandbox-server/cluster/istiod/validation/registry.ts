/** What every kind's validation gets. */
import type { Message } from './reading.ts'

/** An Istio object as istiod's validation sees it. */
export interface Config {
  name: string
  namespace: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  spec: Message
}
