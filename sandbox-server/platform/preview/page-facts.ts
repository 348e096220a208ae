/** What a page of Bookinfo tells by its text: which version of reviews answered, and who is signed in. */
export interface PageFacts {
  /** `v1`; undefined when no review says who served it. */
  reviewsVersion: string | undefined
  /** `` when nobody is signed in. */
  user: string
}

const SERVED_BY = /Reviews served by:[\s\S]{0,200}?\breviews-(v\w+?)(?:-|\b)/
/** The original wraps name and link differently from release to release; the link's address is always this. */
const SIGNED_IN = /([A-Za-z0-9._@-]+)\s*(?:<\/[a-z]+>\s*)*\(?\s*<a[^>]+href="\/?logout"/i

export function pageFacts(html: string): PageFacts {
  return { reviewsVersion: SERVED_BY.exec(html)?.[1], user: SIGNED_IN.exec(html)?.[1] ?? '' }
}
