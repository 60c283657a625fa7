// Original file: worker.proto


export interface Shutdown {
}

export interface Shutdown__Output {
}
