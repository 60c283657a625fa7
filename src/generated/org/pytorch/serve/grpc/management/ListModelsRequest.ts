// Original file: management.proto


export interface ListModelsRequest {
  'limit'?: (number);
  'nextPageToken'?: (number);
}

export interface ListModelsRequest__Output {
  'limit': (number);
  'nextPageToken': (number);
}
