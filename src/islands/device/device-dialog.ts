/** The dialog with link and QR code. Each time it opens it asks for a new link, which ends the earlier one. */
import '../../styles/device.css'
import type { DeviceLink } from '../../../sandbox-server/protocol/device.ts'
import { fill, htmlLanguage } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { announce, theWords, thisPage } from '../workspace/page.ts'
import { newDeviceLink } from './device-api.ts'

export function openDeviceDialog(place: HTMLElement): void {
  const words = theWords().device
  const close = element('button', { type: 'button', class: 'button quiet' }, words.close)
  const content = element('div', { class: 'device-content' }, element('p', {}, words.loading))
  const dialog = element(
    'dialog',
    { class: 'device-dialog', 'aria-labelledby': 'device-title' },
    element('h2', { id: 'device-title' }, words.open),
    element('p', {}, words.note),
    content,
    element('p', { class: 'dim' }, words.secret),
    element('p', { class: 'device-buttons' }, close),
  )
  close.addEventListener('click', () => dialog.close())
  dialog.addEventListener('close', () => dialog.remove())
  place.append(dialog)
  dialog.showModal()
  newDeviceLink().then(
    link => content.replaceChildren(...shown(link)),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      content.replaceChildren(element('p', { class: 'device-problem', role: 'alert' }, reason))
    },
  )
}

function shown({ url, qr, expiresAt }: DeviceLink): Node[] {
  const words = theWords().device
  const link = element('input', { type: 'text', readonly: true, id: 'device-url' })
  link.value = url
  link.addEventListener('focus', () => link.select())
  const copy = element('button', { type: 'button', class: 'button small' }, words.copy)
  copy.addEventListener('click', () => {
    const copied = () => {
      copy.textContent = words.copied
      announce(words.copied)
    }
    // Where the clipboard is refused, the link is marked for the person's own Ctrl-C.
    const write = navigator.clipboard?.writeText(url) ?? Promise.reject(new Error('no clipboard'))
    write.then(copied, () => link.select())
  })
  const format = new Intl.DateTimeFormat(htmlLanguage[thisPage().language], { timeStyle: 'short' })
  const { hostname } = new URL(url)
  const parts = [
    element('img', {
      class: 'device-qr',
      alt: words.qr,
      width: '220',
      height: '220',
      // An image runs no scripts.
      src: `data:image/svg+xml,${encodeURIComponent(qr)}`,
    }),
    element('p', { class: 'device-link' }, element('label', { for: link.id }, words.link), link, copy),
    element('p', { class: 'dim' }, fill(words.until, { time: format.format(new Date(expiresAt)) })),
  ]
  if (isLoopback(hostname))
    parts.push(element('p', { class: 'device-problem' }, fill(words.onlyHere, { host: hostname })))
  return parts
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127\./.test(hostname)
