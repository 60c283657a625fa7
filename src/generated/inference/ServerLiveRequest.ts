// Original file: kserve_inference.proto


export interface ServerLiveRequest {
}

export interface ServerLiveRequest__Output {
}
