/** All that is wrong with a file: what the page sees at once, and what the cluster says when it is asked to try it. */
import type { Diagnostic } from '@codemirror/lint'
import type { Refusal } from '../../../sandbox-server/protocol/files.ts'
import { MOST_DOCUMENTS } from '../../../sandbox-server/protocol/home-path.ts'
import { fill } from '../../language/index.ts'
import { theWords } from '../workspace/page.ts'
import type { FilesFeed } from './files-feed.ts'
import { placeRefusal } from './place-refusal.ts'
import { type ManifestDocument, readDocuments } from './yaml/documents.ts'
import { lint, type Problem } from './yaml/lint.ts'
import type { Kinds } from './yaml/schema.ts'

/** A document that was tried lately is not tried again, unless the cluster may have changed its mind. */
const KEPT_ANSWERS = 200

export class FileProblems {
  readonly #feed: FilesFeed
  readonly #kinds: Kinds
  readonly #answers = new Map<string, readonly Refusal[]>()

  constructor(feed: FilesFeed, kinds: Kinds) {
    this.#feed = feed
    this.#kinds = kinds
  }

  /** The cluster was changed: what it said before may not hold. */
  forget(): void {
    this.#answers.clear()
  }

  async of(text: string): Promise<Diagnostic[]> {
    const own = lint(text, this.#kinds)
    const faulty = new Set(own.map(({ document }) => document))
    const sound = readDocuments(text).filter(({ index, kind }) => !faulty.has(index) && kind !== '')
    const refused = await this.#try(sound.slice(0, MOST_DOCUMENTS), text)
    return [...own.map(diagnosticOf), ...refused].sort((a, b) => a.from - b.from)
  }

  async #try(documents: readonly ManifestDocument[], text: string): Promise<Diagnostic[]> {
    const source = ({ from, to }: ManifestDocument) => text.slice(from, to)
    const unknown = documents.filter(one => !this.#answers.has(source(one)))
    if (unknown.length > 0) {
      const answer = await this.#feed
        .ask({ type: 'try', documents: unknown.map(source) })
        // Without a cluster the page's own eyes must do.
        .catch(() => undefined)
      if (answer?.type !== 'tried') return []
      if (this.#answers.size > KEPT_ANSWERS) this.#answers.clear()
      for (const [index, one] of unknown.entries())
        this.#answers.set(
          source(one),
          answer.refusals.filter(({ document }) => document === index),
        )
    }
    return documents.flatMap(one =>
      (this.#answers.get(source(one)) ?? []).map(refusal => ({
        ...placeRefusal(one, refusal),
        severity: 'error' as const,
        message: fill(theWords().files.fromCluster, { message: refusal.message }),
      })),
    )
  }
}

function diagnosticOf({ from, to, severity, word, values, mend }: Problem): Diagnostic {
  const words = theWords().files
  return {
    from,
    to,
    severity,
    message: fill(words.problems[word], values),
    ...(mend === undefined
      ? {}
      : {
          actions: [
            {
              name: fill(words.mend, { text: mend }),
              apply: (view, start, end) => view.dispatch({ changes: { from: start, to: end, insert: mend } }),
            },
          ],
        }),
  }
}
