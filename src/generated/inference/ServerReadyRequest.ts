// Original file: kserve_inference.proto


export interface ServerReadyRequest {
}

export interface ServerReadyRequest__Output {
}
