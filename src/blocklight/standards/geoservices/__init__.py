"""The GeoServices REST FeatureServer (Esri's specification), which ArcGIS, QGIS, GDAL and R read."""
