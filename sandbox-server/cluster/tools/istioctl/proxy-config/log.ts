/** `istioctl proxy-config log`: the levels of Envoy's loggers, and setting them. */
import { type Command, CommandError, type Flags } from '../../cli/command.ts'
import { withCluster } from '../global-flags.ts'
import { findPods, podsBySelector } from '../pods.ts'
import { askEnvoy } from './source.ts'

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off']
const ALL_LOGGERS = 'level'
const DEFAULT_LEVEL = 'warning'

export const log: Command = {
  use: 'log [<type>/]<name>[.<namespace>]',
  short: 'Retrieves logging levels of the Envoy in the specified pod',
  long: 'Retrieve information about logging levels of the Envoy instance in the specified pod, and update optionally',
  aliases: ['o'],
  example: `  # Retrieve information about logging levels for a given pod from Envoy.
  istioctl proxy-config log <pod-name[.namespace]>

  # Update levels of the all loggers
  istioctl proxy-config log <pod-name[.namespace]> --level none

  # Update levels of the specified loggers.
  istioctl proxy-config log <pod-name[.namespace]> --level http:debug,redis:debug

  # Reset levels of all the loggers to default value (warning).
  istioctl proxy-config log <pod-name[.namespace]> -r
`,
  flags: [
    {
      name: 'level',
      type: 'string',
      usage: `Comma-separated minimum per-logger level of messages to output, in the form of [<logger>:]<level>,[<logger>:]<level>,... or <level> to change all active loggers, where logger components can be listed by running "istioctl proxy-config log <pod-name[.namespace]>"or referred from https://github.com/envoyproxy/envoy/blob/main/source/common/common/logger.h, and level can be one of [${LEVELS.join(', ')}]`,
    },
    { name: 'reset', short: 'r', type: 'bool', usage: 'Reset levels to default value (warning).' },
    { name: 'selector', short: 'l', type: 'string', usage: 'Label selector' },
  ],
  async run(invocation) {
    const { args, flags, streams } = invocation
    const wrong = (why: string): never => {
      streams.stderr(`${invocation.usage()}\n`)
      throw new CommandError(why)
    }
    const selector = flags.string('selector')
    if (selector === '' && args.length < 1) wrong('log requires pod name or --selector')
    if (flags.bool('reset') && flags.string('level') !== '') wrong('--level cannot be combined with --reset')
    if (!['', 'short'].includes(flags.string('output')))
      throw new CommandError('--output is not applicable for this command')
    await withCluster(flags, async ({ client, namespace }) => {
      const pods =
        selector === ''
          ? await findPods(client, args[0] ?? '', namespace)
          : await podsBySelector(client, selector, namespace)
      for (const pod of pods) {
        const known = await askEnvoy(client, pod, 'POST', 'logging')
        let answer = known
        for (const change of changes(flags, known))
          answer = await askEnvoy(client, pod, 'POST', `logging?${change}`)
        streams.stdout(`${pod.name}.${pod.namespace}:\n${answer}`)
      }
    })
    return 0
  },
}

/** `logger=level`, the one for all loggers first. */
function changes(flags: Flags, known: string): string[] {
  if (flags.bool('reset')) return [`${ALL_LOGGERS}=${DEFAULT_LEVEL}`]
  if (flags.string('level') === '') return []
  const wanted = new Map<string, string>()
  for (const word of flags.string('level').split(',')) {
    const [logger = '', level] = (word.split('::').at(-1) ?? '').split(/[:=]/)
    if (level === undefined) {
      // One level alone is meant for all, and takes back what stood before it.
      wanted.clear()
      wanted.set(ALL_LOGGERS, levelOf(word))
    } else {
      if (logger !== ALL_LOGGERS && !known.includes(logger))
        throw new CommandError(`unrecognized logger name: ${logger}`)
      wanted.set(logger, levelOf(level))
    }
  }
  return [...wanted]
    .sort(([a], [b]) => Number(b === ALL_LOGGERS) - Number(a === ALL_LOGGERS))
    .map(pair => pair.join('='))
}

function levelOf(word: string): string {
  const level = word === 'warn' ? 'warning' : word
  if (!LEVELS.includes(level)) throw new CommandError(`unrecognized logging level: ${word}`)
  return level
}
