/** Matches on the claims of a request's JWT, written as the header `@request.auth.claims…`. */
import { claimMatcher as matchClaim } from '../security/matchers.ts'

const PREFIX = '@request.auth.claims'
const WITH_DOTS = /^@request\.auth\.claims\.(.+)$/i
const WITH_BRACKETS = /^@request\.auth\.claims((?:\[[^\]]+\])+)$/i

/** Whether a header of a match means a claim. */
export const isClaimHeader = (name: string): boolean => claimPath(name) !== undefined

function claimPath(name: string): string[] | undefined {
  if (!name.toLowerCase().startsWith(PREFIX)) return undefined
  const brackets = WITH_BRACKETS.exec(name)?.[1]
  if (brackets) return brackets.slice(1, -1).split('][')
  return WITH_DOTS.exec(name)?.[1]?.split('.')
}

/** Envoy's matcher on the metadata that the JWT filter leaves. */
export const claimMatcher = (
  name: string,
  value: Record<string, unknown> | undefined,
): Record<string, unknown> => matchClaim(claimPath(name) ?? [], { stringMatch: value })
