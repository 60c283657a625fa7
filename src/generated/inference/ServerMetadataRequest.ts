// Original file: kserve_inference.proto


export interface ServerMetadataRequest {
}

export interface ServerMetadataRequest__Output {
}
