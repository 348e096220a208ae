/** fortio's log: JSON lines on stderr, or coloured ones where stderr is a terminal (fortio.org/log). */

export type LevelName = 'Debug' | 'Verbose' | 'Info' | 'Warning' | 'Error' | 'Critical' | 'Fatal'

export const LEVEL_NAMES: readonly LevelName[] = [
  'Debug',
  'Verbose',
  'Info',
  'Warning',
  'Error',
  'Critical',
  'Fatal',
]
const JSON_LEVELS = ['dbug', 'trace', 'info', 'warn', 'err', 'crit', 'fatal']
const SHORT_LEVELS = ['DBG', 'VRB', 'INF', 'WRN', 'ERR', 'CRI', 'FAT']
const COLORS = ['90', '36', '32', '33', '31', '91', '91']

/** Where in fortio's source a line comes from; part of the line. */
export interface Place {
  file: string
  line: number
  /** Goroutine: 1 the main one. */
  routine?: number
}

export type Attributes = Readonly<Record<string, unknown>>

export class Log {
  readonly #write: (text: string) => void
  readonly #now: () => number
  readonly #color: boolean
  #level = LEVEL_NAMES.indexOf('Info')
  /** Short lines without places, for a client tool. */
  #isTool = false

  constructor(options: { write: (text: string) => void; now: () => number; color: boolean }) {
    this.#write = options.write
    this.#now = options.now
    this.#color = options.color
    if (this.#color) this.#write('\u001b[91m\u001b[0m')
  }

  isOn(level: LevelName): boolean {
    return LEVEL_NAMES.indexOf(level) >= this.#level
  }

  /** Said in the log, unless `quietly`. */
  setLevel(level: LevelName, quietly = false): void {
    const [before, after] = [this.#level, LEVEL_NAMES.indexOf(level)]
    if (before === after) return
    if (!quietly)
      this.#line(
        'Info',
        { file: 'logger.go', line: 298 },
        `Log level is now ${after} ${level} (was ${before} ${LEVEL_NAMES[before]})`,
        {},
      )
    this.#level = after
  }

  useToolFormat(): void {
    this.#isTool = true
  }

  line(level: LevelName, place: Place, message: string, attributes: Attributes = {}): void {
    if (this.isOn(level)) this.#line(level, place, message, attributes)
  }

  #line(level: LevelName, place: Place, message: string, attributes: Attributes): void {
    if (this.#color) this.#write(this.#colored(level, place, message, attributes))
    else if (this.#isTool) this.#write(this.#plain(level, message, attributes))
    else this.#write(this.#json(level, place, message, attributes))
  }

  #json(
    level: LevelName,
    { file, line, routine = 1 }: Place,
    message: string,
    attributes: Attributes,
  ): string {
    const seconds = (this.#now() / 1000).toFixed(6)
    const rest = Object.entries(attributes).map(
      ([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`,
    )
    const name = JSON_LEVELS[LEVEL_NAMES.indexOf(level)]
    return `{"ts":${seconds},"level":"${name}","r":${routine},"file":"${file}","line":${line},"msg":${JSON.stringify(message)}${rest.join('')}}\n`
  }

  #colored(
    level: LevelName,
    { file, line, routine = 1 }: Place,
    message: string,
    attributes: Attributes,
  ): string {
    const index = LEVEL_NAMES.indexOf(level)
    const [paint, grey, reset] = [`\u001b[${COLORS[index]}m`, '\u001b[90m', '\u001b[0m']
    const at = new Date(this.#now())
    const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map(part =>
      String(part).padStart(2, '0'),
    )
    const time = `${hours}:${minutes}:${seconds}.${String(at.getMilliseconds()).padStart(3, '0')}`
    const where = this.#isTool ? '' : `\u001b[37mr${routine} `
    const source = this.#isTool ? '' : ` ${file}:${line}>`
    const rest = Object.entries(attributes).map(
      ([key, value]) => `${reset}, \u001b[34m${key}${reset}=${paint}${JSON.stringify(value)}`,
    )
    return `${grey}${time} ${where}${grey}[${paint}${SHORT_LEVELS[index]}${grey}]${source} ${paint}${message}${rest.join('')}${reset}\n`
  }

  #plain(level: LevelName, message: string, attributes: Attributes): string {
    const at = new Date(this.#now())
    const date = `${at.getFullYear()}/${at.getMonth() + 1}/${at.getDate()}`.replace(/\b\d\b/g, '0$&')
    const time = at.toTimeString().slice(0, 8)
    const rest = Object.entries(attributes).map(([key, value]) => `, ${key}=${JSON.stringify(value)}`)
    return `${date} ${time} [${level.charAt(0)}] ${message}${rest.join('')}\n`
  }
}
