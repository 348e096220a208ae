/** The order of API versions (k8s.io/apimachinery/pkg/version.CompareKubeAwareVersionStrings). */

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/

/** v1 before v1beta1 before v1alpha3, newer before older, other names last. */
export function byVersionPriority(a: string, b: string): number {
  const left = rank(a)
  const right = rank(b)
  for (let i = 0; i < 3; i++) if (left[i] !== right[i]) return (right[i] ?? 0) - (left[i] ?? 0)
  return a < b ? -1 : 1
}

function rank(text: string): [number, number, number] {
  const match = VERSION.exec(text)
  if (!match) return [-1, 0, 0]
  return [match[2] === 'alpha' ? 1 : match[2] === 'beta' ? 2 : 3, Number(match[1]), Number(match[3] ?? 0)]
}
