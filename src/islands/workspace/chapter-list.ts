/** On the home page: how far the learner is in each chapter. Without a server the list stays as it is. */
import { fill } from '../../language/index.ts'
import { session } from '../connection/session.ts'
import { theWords } from './page.ts'

async function showProgress(): Promise<void> {
  const { chapters } = await session()
  const words = theWords()
  for (const link of document.querySelectorAll<HTMLElement>('[data-chapter]')) {
    const { passed, total } = chapters[link.dataset['chapter'] ?? ''] ?? { passed: 0, total: 0 }
    if (passed === 0) continue
    link.style.setProperty('--done', String(passed / total))
    link.dataset['begun'] = ''
    const count = link.querySelector('.count')
    if (count) count.textContent = fill(words.stepsDone, { passed, total })
    const go = link.querySelector('.go')
    if (go) go.textContent = passed < total ? words.continueChapter : words.reviewChapter
  }
}

showProgress().catch((error: unknown) => console.info('No progress is shown:', error))
