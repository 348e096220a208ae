/** What the engine of the chapters says to a learner by itself, in every language. */
import type { Localized } from '../../protocol/lesson.ts'

export const serverTexts = {
  namespaceBlocked: (namespace: string): Localized => ({
    en: `On this cluster you have no access to namespace \`${namespace}\`, so this cannot be checked. Read on, and skip the step.`,
    zh: `在这个集群上，你无权访问命名空间 \`${namespace}\`，因此无法检查。请继续阅读，并跳过本步骤。`,
  }),
  kindUnknown: (resource: string): Localized => ({
    en: `This cluster does not know \`${resource}\`, so this cannot be checked. Read on, and skip the step.`,
    zh: `这个集群不支持 \`${resource}\`，因此无法检查。请继续阅读，并跳过本步骤。`,
  }),
} as const
