/** `--profile`: how Istio is installed in an embedded cluster. */
import { UsageError } from './command-line.ts'

/** What `istioctl install --set profile=` names. */
export type Profile = 'demo' | 'default'

/** Throws UsageError. */
export function parseProfile(text: string): Profile {
  if (text === 'demo' || text === 'default') return text
  throw new UsageError(`there is no profile "${text}".`, 'Profiles are demo and default.')
}
