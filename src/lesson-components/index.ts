/** What an author may use in a chapter's MDX without importing it. */
import Aside from './Aside.astro'
import Output from './Output.astro'
import Predict from './Predict.astro'
import Run from './Run.astro'
import Step from './Step.astro'
import Why from './Why.astro'

export const lessonComponents = { Aside, Output, Predict, Run, Step, Why }
