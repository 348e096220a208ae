/**
 * Whether counts may well be chance's work on given shares, and how far a share is known from a sample. Pure.
 * Exact binomial test (two-sided, by the probabilities of outcomes), and Wilson's score interval:
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */

/** A judgement that is wrong once in so many times says nothing about the learner. */
export const ERROR_RATE = 0.001
/** Of the normal distribution, two-sided, at that rate. */
const Z = 3.2905

export type Counts = Readonly<Record<string, number>>
/** Percentages by version. */
export type Distribution = Readonly<Record<string, number>>

/** The share of each version, 0 to 1, that `distribution` means; percentages need not total 100. */
export function sharesOf(distribution: Distribution): Record<string, number> {
  const total = Object.values(distribution).reduce((sum, percent) => sum + percent, 0)
  return Object.fromEntries(
    Object.entries(distribution).map(([version, percent]) => [version, total === 0 ? 0 : percent / total]),
  )
}

/** Whether the counts fit; the error rate is shared among the versions that are tested. */
export function fits(counts: Counts, distribution: Distribution): boolean {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const shares = sharesOf(distribution)
  if (Object.entries(counts).some(([version, count]) => count > 0 && (shares[version] ?? 0) === 0))
    return false
  const tests = Math.max(1, Object.values(shares).filter(share => share > 0 && share < 1).length)
  return Object.entries(shares).every(
    ([version, share]) => binomialPValue(counts[version] ?? 0, total, share) >= ERROR_RATE / tests,
  )
}

/** The fewest requests with which leaving out any version of the distribution, or all but one, is found out. */
export function leastSample(distribution: Distribution): number {
  const shares = Object.values(sharesOf(distribution)).filter(share => share > 0)
  if (shares.length < 2) return 1
  for (let sample = 2; sample < 100_000; sample++)
    if (shares.every(share => binomialPValue(0, sample, share) < ERROR_RATE / shares.length)) return sample
  return 100_000
}

/** How likely an outcome is that is at most as likely as `count` successes in `total` trials. */
export function binomialPValue(count: number, total: number, share: number): number {
  if (total === 0) return 1
  if (share <= 0) return count === 0 ? 1 : 0
  if (share >= 1) return count === total ? 1 : 0
  const logOf = (successes: number) =>
    logChoose(total, successes) + successes * Math.log(share) + (total - successes) * Math.log1p(-share)
  const observed = logOf(count) + 1e-9
  let sum = 0
  for (let successes = 0; successes <= total; successes++) {
    const log = logOf(successes)
    if (log <= observed) sum += Math.exp(log)
  }
  return Math.min(1, sum)
}

/** Bounds of the share that `count` of `total` tells of, 0 to 1. */
export function wilson(count: number, total: number): { low: number; high: number } {
  if (total === 0) return { low: 0, high: 1 }
  const share = count / total
  const z2 = Z * Z
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total)
  const half = (Z / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total * total))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

const logFactorials = [0]
function logFactorial(n: number): number {
  for (let next = logFactorials.length; next <= n; next++)
    logFactorials.push((logFactorials[next - 1] ?? 0) + Math.log(next))
  return logFactorials[n] ?? 0
}
const logChoose = (n: number, k: number) => logFactorial(n) - logFactorial(k) - logFactorial(n - k)
