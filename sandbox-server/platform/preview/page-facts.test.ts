import { expect, test } from 'vitest'
import { pageFacts } from './page-facts.ts'

test('reads which version of reviews answered and who is signed in', () => {
  const html = `<nav><span class="user">jason</span> <a href="logout">Sign out</a></nav>
    <div>Reviews served by:\nreviews-v2-559b6cc776-jjt8v on cluster</div>`
  expect(pageFacts(html)).toEqual({ reviewsVersion: 'v2', user: 'jason' })
})

test('reads the original page as well, which wraps name and pod otherwise', () => {
  const html = `<p class="navbar-text">jason (<a href="logout">sign out</a>)</p>
    <dt>Reviews served by:</dt>
    <u>reviews-v3-84779c7bbc-4xk2m</u>`
  expect(pageFacts(html)).toEqual({ reviewsVersion: 'v3', user: 'jason' })
})

test('says nothing of a page that says nothing', () => {
  expect(pageFacts('upstream connect error or disconnect/reset before headers')).toEqual({
    reviewsVersion: undefined,
    user: '',
  })
})
