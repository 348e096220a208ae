/** Which chapters a workshop has, and their order: by mouse, by touch and by keyboard. */
import { fill } from '../../language/index.ts'
import { element } from '../workspace/element.ts'
import { announce, theWords } from '../workspace/page.ts'
import { newId } from './ui.ts'
import type { ChapterChoice } from './view.ts'

export interface ChapterPicker {
  host: HTMLElement
  /** Ids of those that are ticked, in order. */
  value(): string[]
}

export function chapterPicker(known: readonly ChapterChoice[], chosen: readonly string[]): ChapterPicker {
  const words = theWords().workshop.form
  const order = [
    ...chosen.flatMap(id => known.find(one => one.id === id) ?? []),
    ...known.filter(({ id }) => !chosen.includes(id)),
  ]
  const list = element('ol', { class: 'chapter-picker' })
  const items = () => [...list.children].filter(one => one instanceof HTMLElement)

  /** Puts an item at a place and says so. */
  function move(item: HTMLElement, to: number): void {
    const others = items().filter(one => one !== item)
    const place = Math.max(0, Math.min(others.length, to))
    list.insertBefore(item, others[place] ?? null)
    announce(
      fill(words.moved, { title: item.dataset['title'] ?? '', place: place + 1, total: others.length + 1 }),
    )
  }

  function itemOf({ id, title, steps, minutes }: ChapterChoice): HTMLElement {
    const box = element('input', {
      type: 'checkbox',
      id: newId(),
      value: id,
      checked: chosen.includes(id),
    })
    const step = (by: 1 | -1, text: string, symbol: string) => {
      const made = element(
        'button',
        { type: 'button', class: 'icon-button', 'aria-label': fill(text, { title }) },
        symbol,
      )
      made.addEventListener('click', () => {
        move(item, items().indexOf(item) + by)
        made.focus()
      })
      return made
    }
    const grip = element('span', { class: 'grip', 'aria-hidden': 'true' }, '⠿')
    const item = element(
      'li',
      { 'data-title': title },
      grip,
      box,
      element(
        'label',
        { for: box.id },
        title,
        element('small', { class: 'field-hint' }, fill(words.chapterNote, { total: steps, minutes })),
      ),
      step(-1, words.up, '↑'),
      step(1, words.down, '↓'),
    )
    item.addEventListener('keydown', event => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key]
      if (!event.altKey || by === undefined) return
      event.preventDefault()
      const focused = document.activeElement
      move(item, items().indexOf(item) + by)
      if (focused instanceof HTMLElement) focused.focus()
    })
    grip.addEventListener('pointerdown', event => drag(event, item, grip))
    return item
  }

  function drag(event: PointerEvent, item: HTMLElement, grip: HTMLElement): void {
    event.preventDefault()
    grip.setPointerCapture(event.pointerId)
    item.dataset['dragged'] = ''
    const follow = ({ clientY }: PointerEvent) => {
      const others = items().filter(one => one !== item)
      const before = others.filter(one => {
        const { top, height } = one.getBoundingClientRect()
        return top + height / 2 < clientY
      })
      if (others[before.length] !== item.nextElementSibling) move(item, before.length)
    }
    const end = () => {
      delete item.dataset['dragged']
      grip.removeEventListener('pointermove', follow)
    }
    grip.addEventListener('pointermove', follow)
    grip.addEventListener('pointerup', end, { once: true })
    grip.addEventListener('pointercancel', end, { once: true })
  }

  list.append(...order.map(itemOf))
  return {
    host: list,
    value: () => [...list.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value),
  }
}
