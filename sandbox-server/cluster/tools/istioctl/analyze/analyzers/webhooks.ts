/** Injection webhooks: nobody is injected twice, and the service behind them is there. */
import { type Json, objectOf, objectsOf, stringOf, stringsOf } from '../../../text/json.ts'
import type { Analyzer } from '../analyzer.ts'
import type { Resource } from '../resources.ts'
import { type Labels, labelSelectorFits } from '../selectors.ts'

const REVISION = 'istio.io/rev'

export const webhooks: Analyzer = {
  name: 'webhook.Analyzer',
  description: 'Checks the validity of Istio webhooks',
  inputs: ['MutatingWebhookConfiguration', 'Service'],
  analyze(resources, report) {
    const all = resources
      .list('MutatingWebhookConfiguration')
      .filter(({ object }) =>
        objectsOf(object['webhooks']).some(({ name }) => stringOf(name).endsWith('istio.io')),
      )
      .flatMap(resource => objectsOf(resource.object['webhooks']).map(webhook => ({ resource, webhook })))
    const revisions = [...new Set(all.flatMap(({ resource, webhook }) => revisionsOf(resource, webhook)))]
    const overlaps = new Map<string, { resource: Resource; others: string[] }>()
    for (const namespace of permutations('istio-injection', ['enabled', 'disabled'], revisions))
      for (const object of permutations('sidecar.istio.io/inject', ['true', 'false'], revisions)) {
        const called = all.filter(
          ({ webhook }) =>
            labelSelectorFits(webhook['namespaceSelector'], namespace) &&
            labelSelectorFits(webhook['objectSelector'], object),
        )
        const names = [...new Set(called.map(nameOf))]
        if (names.length < 2) continue
        for (const entry of called) {
          const others = names.filter(name => name !== nameOf(entry)).sort()
          overlaps.set(`${nameOf(entry)} ${others}`, { resource: entry.resource, others })
        }
      }
    for (const { resource, others } of overlaps.values())
      report('InvalidWebhook', resource, [
        `Webhook overlaps with others: [${others.join(' ')}]. This may cause injection to occur twice.`,
      ])
    for (const { resource, webhook } of all) {
      const service = objectOf(objectOf(webhook['clientConfig'])['service'])
      const [namespace, name] = [stringOf(service['namespace']), stringOf(service['name'])]
      if (name !== '' && !resources.find('Service', namespace, name))
        report('InvalidWebhook', resource, [
          `Injector refers to a control plane service that does not exist: ${namespace}/${name}.`,
        ])
    }
  },
}

const nameOf = ({ resource, webhook }: { resource: Resource; webhook: Json }): string =>
  `${resource.name}/${stringOf(webhook['name'])}`

function revisionsOf({ labels }: Resource, webhook: Json): string[] {
  const ofSelector = (selector: unknown): string[] => {
    const { matchLabels, matchExpressions } = objectOf(selector)
    const label = stringOf(objectOf(matchLabels)[REVISION])
    const listed = objectsOf(matchExpressions)
      .filter(({ key }) => key === REVISION)
      .flatMap(({ values }) => stringsOf(values))
    return label === '' ? listed : [label, ...listed]
  }
  const own = labels[REVISION]
  return [
    ...(own === undefined ? [] : [own]),
    ...ofSelector(webhook['namespaceSelector']),
    ...ofSelector(webhook['objectSelector']),
  ]
}

/** Labels there could be: none, each value of `key`, and each of those with a revision. */
function permutations(key: string, values: readonly string[], revisions: readonly string[]): Labels[] {
  const plain: Labels[] = [{}, ...values.map(value => ({ [key]: value }))]
  return [
    ...plain,
    ...revisions.flatMap(revision => plain.map(labels => ({ ...labels, [REVISION]: revision }))),
  ]
}
