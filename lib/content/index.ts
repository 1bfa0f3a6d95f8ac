export { itemsOf, type Curriculum, type CurriculumItem } from './curriculum';
export { parseLab, type LabContent, type LabFolder, type LabStep } from './lab';
export { type LessonContent } from './lesson';
export { library, readLibrary, type Library } from './library';
export { syncLibrary } from './sync';
