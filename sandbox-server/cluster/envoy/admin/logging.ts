/** `/logging` of one pod. The shared Envoy's levels are everybody's, so a pod's are remembered and shown, and change nothing. */
import { type AdminResponse, askEnvoy } from './envoy-client.ts'

const LEVELS = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off']
const DEFAULT_LEVEL = 'warning'

export class PodLogging {
  readonly #envoySocketPath: string
  readonly #levels = new Map<string, string>()
  #general = DEFAULT_LEVEL
  #loggers: Promise<string[]> | undefined

  constructor(envoySocketPath: string) {
    this.#envoySocketPath = envoySocketPath
  }

  /** `?level=debug` for all, `?http=debug` for one, `?paths=http:debug,admin:info` for several; nothing lists them. */
  async answer(parameters: URLSearchParams): Promise<AdminResponse> {
    const loggers = await this.#names()
    const changes = [...parameters].flatMap(([name, value]) =>
      name === 'paths' ? value.split(',').map(pair => pair.split(':')) : [[name, value]],
    )
    for (const [name = '', level = ''] of changes) {
      if (!LEVELS.includes(level)) return usage(`error: unknown logger level`)
      if (name !== 'level' && !loggers.includes(name)) return usage('error: unknown logger name')
      const spelled = level === 'warn' ? 'warning' : level
      if (name !== 'level') this.#levels.set(name, spelled)
      else {
        this.#general = spelled
        this.#levels.clear()
      }
    }
    const lines = loggers.map(name => `  ${name}: ${this.#levels.get(name) ?? this.#general}`)
    return {
      status: 200,
      contentType: 'text/plain; charset=UTF-8',
      body: `active loggers:\n${lines.join('\n')}\n\n`,
    }
  }

  #names(): Promise<string[]> {
    this.#loggers ??= askEnvoy(this.#envoySocketPath, 'POST', '/logging').then(({ body }) =>
      body.split('\n').flatMap(line => /^ {2}(\S+): /.exec(line)?.[1] ?? []),
    )
    this.#loggers.catch(() => {
      this.#loggers = undefined
    })
    return this.#loggers
  }
}

const usage = (message: string): AdminResponse => ({
  status: 400,
  contentType: 'text/plain; charset=UTF-8',
  body: `${message}\nusage: /logging?<name>=<level> (change single level)\nusage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\nusage: /logging?level=<level> (change all levels)\nusage: /logging (query levels)\nlevels: trace debug info warning error critical off\n`,
})
