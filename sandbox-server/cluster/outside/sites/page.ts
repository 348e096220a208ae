/** What the pretend pages have in common: they say that they are pretend. */
import type { Answer, Visit } from '../site.ts'

const escaped = (text: string) => text.replace(/[&<>"]/g, character => `&#${character.codePointAt(0)};`)

export interface Page {
  title: string
  language?: string
  text: string
}

/** A page that names the host it stands for and says that it is not that host. */
export const pretendPage = (
  { host, target }: Visit,
  { title, language = 'en', text }: Page,
): string => `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
<p><strong>This is not the real ${escaped(host)}.</strong> Meshdojo plays it inside your sandbox, so that egress can be
practised without an internet. Nothing you sent has left the sandbox.</p>
<p>这不是真正的 ${escaped(host)}：它由 Meshdojo 在您的沙箱内扮演，以便在没有互联网的情况下练习出口流量。您发送的内容没有离开沙箱。</p>
<p>You asked for <code>${escaped(target.slice(0, 200))}</code>.</p>
</body>
</html>
`

/** 301 to the same place elsewhere. */
export const movedTo = (location: string, headers: Answer['headers'] = {}, body = ''): Answer => ({
  status: 301,
  headers: { ...headers, Location: location },
  body,
})
