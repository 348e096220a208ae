/** The product page's HTML: pure functions of what details and reviews answered. */

export interface Book {
  id: number
  title: string
  descriptionHtml: string
}

export const BOOKS: readonly Book[] = [
  {
    id: 0,
    title: 'The Comedy of Errors',
    descriptionHtml:
      '<a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">Wikipedia Summary</a>: The Comedy of Errors is one of <b>William Shakespeare\'s</b> early plays. It is his shortest and one of his most farcical comedies, with a major part of the humour coming from slapstick and mistaken identity, in addition to puns and word play.',
  },
]

export interface ServiceAnswer {
  status: number
  body: Record<string, unknown>
}

interface Review {
  reviewer?: string
  text?: string
  rating?: { stars?: number; color?: string; error?: string }
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}
export const escapeHtml = (value: unknown): string =>
  String(value ?? '').replace(/[&<>"']/g, char => ENTITIES[char] ?? char)

const STAR = 'M10 1.5l2.6 5.5 6 .8-4.400 4.200 1.100 6L10 15.100 4.700 18l1.100-6L1.400 7.800l6-.8z'
const star = (filled: boolean) =>
  filled
    ? `<svg id="glyphicon glyphicon-star" class="star" viewBox="0 0 20 20" fill="currentColor" aria-hidden="true"><path d="${STAR}"/></svg>`
    : `<svg class="star" viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true"><path d="${STAR}"/></svg>`

function rating(review: Review): string {
  const { stars, color, error } = review.rating ?? {}
  if (stars) {
    const row = Array.from({ length: 5 }, (_, index) => star(index < stars)).join('\n')
    return `<div class="stars text-${escapeHtml(color)}-500" role="img" aria-label="${stars} of 5 stars">\n${row}\n</div>`
  }
  return error ? `<p class="error">${escapeHtml(error)}</p>` : ''
}

function reviewSection(review: Review, answer: ServiceAnswer): string {
  const cluster =
    answer.body['clustername'] === 'null'
      ? ''
      : ` on cluster <div>${escapeHtml(answer.body['clustername'])}</div>`
  return `<section>
${rating(review)}
<blockquote>
<p>"${escapeHtml(review.text)}"</p>
</blockquote>
<div class="reviewer">${escapeHtml(review.reviewer)}</div>
<div class="served">Reviews served by:
${escapeHtml(answer.body['podname'])}${cluster}
</div>
</section>`
}

function reviewsBlock(answer: ServiceAnswer): string {
  if (answer.status !== 200)
    return `<p class="error big">Error fetching product reviews</p>\n<p>${escapeHtml(answer.body['error'])}</p>`
  const list = Array.isArray(answer.body['reviews']) ? (answer.body['reviews'] as Review[]) : []
  return `<h4>Book Reviews</h4>\n<div class="reviews">\n${list.map(review => reviewSection(review, answer)).join('\n')}\n</div>`
}

const COLUMNS = [
  ['ISBN-10', 'ISBN-10'],
  ['Publisher', 'publisher'],
  ['Pages', 'pages'],
  ['Type', 'type'],
  ['Language', 'language'],
] as const

function detailsBlock(answer: ServiceAnswer): string {
  if (answer.status !== 200)
    return `<p class="error big">Error fetching product details</p>\n<p>${escapeHtml(answer.body['error'])}</p>`
  const head = COLUMNS.map(([title]) => `<th scope="col">${title}</th>`).join('')
  const row = COLUMNS.map(([, key]) => `<td>${escapeHtml(answer.body[key])}</td>`).join('')
  return `<h4>Book Details</h4>\n<table><thead><tr>${head}</tr></thead><tbody><tr>${row}</tr></tbody></table>`
}

function userBlock(user: string): string {
  if (user !== '') return `<span class="user">${escapeHtml(user)}</span> <a href="logout">Sign out</a>`
  return `<details class="sign-in"><summary id="sign-in-button">Sign in</summary>
<form method="post" action="login" name="login_form">
<label>Username <input id="username" name="username" required autocomplete="off"></label>
<label>Password <input id="password" name="passwd" type="password"></label>
<button type="submit">Sign in</button>
</form></details>`
}

const STYLE = `
body{margin:0;font:16px/1.6 system-ui,sans-serif;color:#1f2937;background:#fff}
nav{display:flex;justify-content:space-between;align-items:center;padding:12px 28px;background:#1f2937;color:#fff;position:relative}
nav a{color:#cbd5e1}main{padding:8px 28px 28px;max-width:1100px}h1{color:#1e3a8a;font-size:40px;margin:20px 0 4px}h4{font-size:24px;margin:26px 0 8px}
table{border-collapse:collapse}th,td{text-align:left;padding:6px 18px 6px 0;border-bottom:1px solid #d1d5db}
.reviews{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:28px;background:#eff6ff;padding:18px 22px;border-radius:10px}
blockquote{margin:8px 0;font-size:18px;font-weight:600}.served{font:13px ui-monospace,monospace;color:#4b5563}.star{width:22px;height:22px}
.text-black-500{color:#111827}.text-red-500{color:#dc2626}.error{color:#dc2626}.big{font-size:22px;margin-bottom:0}
.sign-in summary{cursor:pointer;background:#2563eb;border-radius:6px;padding:6px 14px;list-style:none}.sign-in form{position:absolute;right:28px;top:54px;background:#fff;color:#1f2937;padding:16px;border:1px solid #d1d5db;border-radius:8px;display:grid;gap:10px;z-index:1}
`

const frame = (title: string, body: string) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`

export function productPage(
  book: Book,
  details: ServiceAnswer,
  reviews: ServiceAnswer,
  user: string,
): string {
  return frame(
    'Simple Bookstore App',
    `<nav><span>BookInfo Sample</span><span>${userBlock(user)}</span></nav>
<main>
<h1>${escapeHtml(book.title)}</h1>
<p>${book.descriptionHtml}</p>
${detailsBlock(details)}
${reviewsBlock(reviews)}
</main>`,
  )
}

export const indexPage = (): string =>
  frame(
    'Simple Bookstore App',
    `<main><h3>Hello! This is a simple bookstore application consisting of three services as shown below</h3>
<table><tr><th>productpage</th><td>calls details and reviews</td></tr><tr><th>reviews</th><td>calls ratings (v2, v3)</td></tr><tr><th>details, ratings</th><td>call nobody</td></tr></table>
<p>Click on one of the links below to auto generate a request to the backend as a real user or a tester</p>
<ul><li><a href="/productpage?u=normal">Normal user</a></li><li><a href="/productpage?u=test">Test user</a></li></ul></main>`,
  )
